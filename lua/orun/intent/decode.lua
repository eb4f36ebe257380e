-- Typed decoding of YAML nodes by tables of fields.
--
--   local decode = require "orun.intent.decode"
--   local step = decode.record("step", { name = decode.string, order = decode.integer, env = decode.string_map, with = decode.any_map })
--   local job = decode.record("job", { name = decode.string, steps = decode.list(step), enabled = decode.boolean })
--   local document = decode.read(bytes, file, report)                    -- nil when a syntax error was reported
--   local value = decode.object(document, document:root(), job, report)  -- always a table; type errors are in the report
--
-- A type is a function (state, node) -> value; whoever needs a special form writes one (see `decode.scalar_or`). What is absent,
-- or null where a list, a number or a truth value is wanted, is nil; null is "" for a text and {} for a record or a map.
-- Every record carries `place` (orun.intent.place). All type errors of a document are collected in `report`.
-- Unknown keys are warned about once for each kind of record and key: share one `decode.tally()` among several documents and call
-- `tally:warn(report)` at the end; without a tally `decode.object` does so itself.
local hash = require "host.hash"
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"
local value = require "host.value"
local yaml = require "host.yaml"

local M = {}

---Longest file that is read as YAML, in bytes. Devices and pipes that never end are met by it too.
M.limit = 64 << 20

---@class DecodeState
---@field document YamlDocument
---@field report table
---@field tally Tally
---@field path (string|integer)[] way to the node being decoded
local State = {}
State.__index = State

---@alias DecodeType fun(state: DecodeState, node: integer): any

-- The plans of types, by type: what host.yaml needs to decode in one go whatever is as it should be. A type without one, and a document
-- with anything to say about it, are decoded by the functions.
---@type table<DecodeType, YamlPlan>
local plans = setmetatable({}, { __mode = "k" })

---@param plan YamlPlan
---@param of DecodeType
---@return DecodeType
local function planned(plan, of)
  plans[of] = plan
  return of
end

-- The plan of a type, 0 when it has none: that fits no node.
local function plan_of(of) return plans[of] or 0 end

---The way to the current node as people write it: `components[0].env.X` (indices from 0).
---@return string?
function State:where()
  local text = ""
  for _, key in ipairs(self.path) do
    if math.type(key) == "integer" then
      text = ("%s[%d]"):format(text, key - 1)
    else
      text = text == "" and key or text .. "." .. key
    end
  end
  return text ~= "" and text or nil
end

---Reports an error at a node.
---@param node integer
---@param kind string
---@param message string
---@param hint? string
function State:problem(node, kind, message, hint)
  self.report:error(place.mark(place.new(self.document, node), { kind = kind, message = message, path = self:where(), hint = hint }))
end

---Runs a type on a node one step further down.
---@param key string|integer
---@param of DecodeType
---@param node integer
---@return any
function State:below(key, of, node)
  local path = self.path
  local depth = #path + 1
  path[depth] = key
  local result = of(self, node)
  path[depth] = nil
  return result
end

---@param err YamlError
function State:fail(err)
  self.report:error(M.diagnostic(err, self.document))
end

-- Braces without quotes are a mapping in a mapping to YAML. The position is that of either brace.
---@param source? string
---@param column? integer
---@return string? hint
local function brace_hint(source, column)
  local at = source and column and utf8.offset(source, column)
  if at and (source:sub(at, at + 1) == "{{" or source:sub(at - 1, at) == "{{") then return "a text that begins with {{ needs quotes" end
end

local nouns = { sequence = "a list", mapping = "a mapping" }

local function found(state, node)
  local noun = nouns[state.document:kind(node)]
  if noun then return noun end
  if state.document:class(node) == "null" then return "nothing" end
  local text = state.document:text(node)
  if #text > 40 then text = text:sub(1, utf8.offset(text, 30) and utf8.offset(text, 30) - 1 or 30) .. "..." end
  local quoted = state.document:style(node) ~= "plain" and "the text " or ""
  return ('%s"%s"'):format(quoted, (text:gsub("%c", " ")))
end

---Reports that a node is not what was expected.
---@param node integer
---@param expected string e.g. "a list"
---@param hint? string
function State:mismatch(node, expected, hint)
  if not hint and self.document:kind(node) == "mapping" then
    local line, column = self.document:position(node)
    hint = brace_hint(self.document:source(line), column)
  end
  self:problem(node, "yaml.type", ("%s must be %s, found %s"):format(self:where() or "the document", expected, found(self, node)), hint)
end

---@param state DecodeState
---@param node integer
---@return boolean
local function is_null(state, node)
  return state.document:is_null(node)
end

local function binary(state, node)
  local text = state.document:text(node):gsub("%s", ""):gsub("=+$", ""):gsub("%+", "-"):gsub("/", "_")
  local raw = hash.base64url_decode(text)
  if not raw then
    state:problem(node, "yaml.binary", (state:where() or "the document") .. " is tagged !!binary but is not base64")
  end
  return raw or ""
end

---Text as written: any scalar, null as "".
---@type DecodeType
function M.string(state, node)
  local document = state.document
  local text = document:plain_text(node)
  if text then return text end
  if document:kind(node) ~= "scalar" then
    state:mismatch(node, "a text")
    return nil
  end
  if document:class(node) == "null" then return "" end
  if document:tag(node) == "tag:yaml.org,2002:binary" then return binary(state, node) end
  return document:text(node)
end

local truths = {}
for _, word in ipairs { "y", "Y", "yes", "Yes", "YES", "on", "On", "ON" } do truths[word] = true end
for _, word in ipairs { "n", "N", "no", "No", "NO", "off", "Off", "OFF" } do truths[word] = false end

---Truth value; also the old words (yes, off …), quoted or not.
---@type DecodeType
function M.boolean(state, node)
  local document = state.document
  if document:kind(node) == "scalar" then
    local class = document:class(node)
    if class == "null" then return nil end
    if class == "boolean" then return (document:value(node)) end
    local word = document:text(node)
    if truths[word] ~= nil then return truths[word] end
  end
  state:mismatch(node, "true or false")
  return nil
end

---Integer; a float is cut towards zero.
---@type DecodeType
function M.integer(state, node)
  local document = state.document
  if document:kind(node) == "scalar" then
    local class = document:class(node)
    if class == "null" then return nil end
    if class == "integer" then return (document:value(node)) end
    if class == "float" then
      local n = document:value(node)
      n = n and (n >= 0 and math.floor(n) or math.ceil(n))
      if math.type(n) == "integer" then return n end
    end
  end
  state:mismatch(node, "an integer")
  return nil
end

---Free-form value with everything below it; null is host.value.null.
---@type DecodeType
function M.any(state, node)
  local result, err = state.document:value(node)
  if err then state:fail(err) end
  return result
end

---List of one type; null elements are dropped.
---@param of DecodeType
---@param form? string what it looks like, for those who write something else
---@return DecodeType
function M.list(of, form)
  return planned({ yaml.plan.list, plan_of(of) }, function(state, node)
    if is_null(state, node) then return nil end
    if state.document:kind(node) ~= "sequence" then
      state:mismatch(node, "a list", form and "write " .. form)
      return nil
    end
    local out, n = value.list {}, 0
    for i, item in ipairs(state.document:items(node)) do
      if not is_null(state, item) then
        local element = state:below(i, of, item)
        if element ~= nil then
          n = n + 1
          out[n] = element
        end
      end
    end
    return out
  end)
end

local nothing = {}

---The entries of a mapping one after the other: key, value node, key node. None when it is no mapping (reported unless null).
---@param state DecodeState
---@param node integer
---@param form? string what it looks like
---@return any[]
local function entries(state, node, form)
  if is_null(state, node) then return nothing end
  if state.document:kind(node) ~= "mapping" then
    state:mismatch(node, "a mapping", form and "write " .. form)
    return nothing
  end
  local list, err = state.document:entries(node)
  if not list then state:fail(err) end
  return list or nothing
end

---Map from text to one type; an entry with a null key is dropped.
---@param of DecodeType
---@param form? string what it looks like, for those who write something else
---@return DecodeType
function M.map(of, form)
  return planned({ yaml.plan.map, plan_of(of) }, function(state, node)
    local out = {}
    local list = entries(state, node, form)
    for i = 1, #list, 3 do
      local key = list[i]
      if not is_null(state, list[i + 2]) then out[key] = state:below(key, of, list[i + 1]) end
    end
    return out
  end)
end

---Free-form map: a null key is its raw text, as every other one.
---@type DecodeType
function M.any_map(state, node)
  local out = {}
  local list = entries(state, node)
  for i = 1, #list, 3 do out[list[i]] = state:below(list[i], M.any, list[i + 1]) end
  return out
end

plans[M.string], plans[M.boolean], plans[M.integer] = yaml.plan.text, yaml.plan.boolean, yaml.plan.integer
plans[M.any], plans[M.any_map] = yaml.plan.any, yaml.plan.any_map

M.string_list = M.list(M.string)
M.string_map = M.map(M.string)

---Record with known keys. `kind` is the noun used in warnings about unknown keys.
---@param kind string
---@param fields table<string, DecodeType>
---@param options? {renamed?: table<string, string>, hints?: table<string, string>, open?: boolean, form?: string}  renamed: former key →
--- present one; hints: what to say about a key that people expect; open: unknown keys are fine; form: what it looks like, for those who
--- write something else than a mapping
---@return DecodeType
function M.record(kind, fields, options)
  local renamed, hints, open = options and options.renamed or {}, options and options.hints or {}, options and options.open
  local fields_plan = {}
  for key, of in next, fields do fields_plan[key] = plan_of(of) end
  return planned({ yaml.plan.record, fields_plan, open }, function(state, node)
    local out = { place = place.new(state.document, node) }
    local list = entries(state, node, options and options.form)
    for i = 1, #list, 3 do
      local key = list[i]
      local of = fields[key]
      if of then
        out[key] = state:below(key, of, list[i + 1])
      elseif not open then
        local hint = renamed[key] and key .. " is now called " .. renamed[key] or hints[key]
        state.tally:add(kind, key, state.document, list[i + 2], fields, hint)
      end
    end
    return out
  end)
end

---Accepts a scalar, whose text goes through `make`, or what `of` accepts.
---@param make fun(text: string, place: Place): any
---@param of DecodeType
---@return DecodeType
function M.scalar_or(make, of)
  return planned({ yaml.plan.scalar_or, plan_of(of), make }, function(state, node)
    local document = state.document
    if document:kind(node) == "scalar" then return make(M.string(state, node), place.new(document, node)) end
    return of(state, node)
  end)
end

---A type of which null is nothing, told apart from what is empty.
---@param of DecodeType
---@return DecodeType
function M.present(of)
  return planned({ yaml.plan.present, plan_of(of) }, function(state, node)
    if is_null(state, node) then return nil end
    return of(state, node)
  end)
end

---A record that must have a text under a key; `complain` reports one that has none.
---@param key string
---@param of DecodeType
---@param complain fun(state: DecodeState, node: integer)
---@return DecodeType
function M.named(key, of, complain)
  return planned({ yaml.plan.named, plan_of(of), key }, function(state, node)
    local before = #state.report.errors
    local result = of(state, node)
    if (result[key] or "") ~= "" then return result end
    if #state.report.errors == before then complain(state, node) end
  end)
end

---A record that knows how many mistakes there are in it: `flawed`, nil for none.
---@param of DecodeType
---@return DecodeType
function M.judged(of)
  return planned(plan_of(of), function(state, node)
    local before = #state.report.errors
    local result = of(state, node)
    local mistakes = #state.report.errors - before
    if result and mistakes > 0 then result.flawed = mistakes end
    return result
  end)
end

---A type that says something else than `of` about nodes that do not fit.
---@param of DecodeType
---@param instead DecodeType
---@return DecodeType
function M.like(of, instead)
  return planned(plan_of(of), instead)
end

---@class Tally
---@field seen table<string, table>
---@field order table[]
local Tally = {}
Tally.__index = Tally

---Counts unknown keys over several documents.
---@return Tally
function M.tally()
  return setmetatable({ seen = {}, order = {} }, Tally)
end

---@param kind string
---@param key string
---@param document YamlDocument
---@param node integer the key's node
---@param fields table<string, any>
---@param hint? string
function Tally:add(kind, key, document, node, fields, hint)
  local id = kind .. "\0" .. key
  local item = self.seen[id]
  if item then
    item.count = item.count + 1
    return
  end
  item = { kind = kind, key = key, count = 1, place = place.new(document, node), fields = fields, hint = hint }
  self.seen[id] = item
  self.order[#self.order + 1] = item
end

---One warning for each distinct kind and key, in order of appearance.
---@param report table
function Tally:warn(report)
  for _, item in ipairs(self.order) do
    local times = item.count > 1 and (" (%d times, first here)"):format(item.count) or ""
    local hint = item.hint or suggestion.hint(item.key, sorted.keys(item.fields))
    report:warn(place.mark(item.place, {
      kind = "yaml.unknown-key", hint = hint, path = item.key,
      message = ('unknown key "%s" in %s is ignored%s'):format(item.key, item.kind, times),
    }))
  end
  self.seen, self.order = {}, {}
end

---The diagnostic for an error of host.yaml.
---@param err YamlError
---@param document? YamlDocument
---@return table
function M.diagnostic(err, document)
  local kind = err.kind and err.kind:find(".", 1, true) and err.kind or (document and "yaml.value" or "yaml.syntax")
  local source = err.source or (document and err.line and document:source(err.line) or nil)
  return {
    kind = kind, message = err.message, file = err.file, line = err.line, column = err.column, source = source,
    hint = err.hint or brace_hint(source, err.column),
  }
end

local function line_of(bytes, number)
  local at = 1
  for line in bytes:gmatch("([^\n]*)\n?") do
    if at == number then return (line:gsub("\r$", "")) end
    at = at + 1
  end
end

---Reads YAML text; a syntax error goes to the report.
---@param bytes string
---@param file string
---@param report table
---@return YamlDocument?
function M.read(bytes, file, report)
  local document, err = yaml.read(bytes, file)
  if document then return document end
  local diagnostic = M.diagnostic(err)
  diagnostic.source = diagnostic.source or (diagnostic.line and line_of(bytes, diagnostic.line) or nil)
  report:error(diagnostic)
  return nil
end

---Decodes a node as a record.
---@param document YamlDocument
---@param node integer
---@param record DecodeType made by decode.record (or any type)
---@param report table collector of orun.diagnostic
---@param tally? Tally
---@return any
function M.object(document, node, record, report, tally)
  local result = document:decode(node, plan_of(record), place.metatable)
  if result ~= nil then return result end
  local state = setmetatable({ document = document, report = report, tally = tally or M.tally(), path = {} }, State)
  result = record(state, node)
  if not tally then state.tally:warn(report) end
  return result
end

return M
