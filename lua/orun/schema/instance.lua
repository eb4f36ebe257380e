-- Values that satisfy a schema of parameters, for trying out what is made of them. A pattern is met only by luck.
local schema = require "orun.schema"
local sorted = require "orun.util.sorted"
local value = require "host.value"

local M = {}

-- Texts that patterns of names, versions, times, paths and options often allow.
local texts = { "a", "1", "1.0.0", "5m", "./sample", "sample/sample", "linux/amd64", "-Wall", "a:b", "a@example.org", "2024-01-01" }

local function satisfies(s, candidate)
  local compiled = schema.compile(s, { unchecked = true })
  return compiled ~= nil and compiled:validate(candidate)
end

local makers = {}

-- Texts of one set differ where they may: two things of one name are often refused.
local serial = 0

function makers.string(s)
  serial = serial + 1
  local own = "sample" .. serial
  if satisfies(s, own) then return own end
  for _, text in ipairs(texts) do
    if satisfies(s, text) then return text end
  end
end

function makers.integer(s)
  for _, number in ipairs { s.minimum or 1, (s.exclusiveMinimum or 0) + 1, s.maximum or 1, 0 } do
    if satisfies(s, number) then return number end
  end
end
makers.number = makers.integer

function makers.boolean() return true end

function makers.array(s)
  local list = value.list {}
  for _ = 1, math.max(s.minItems or 1, 1) do list[#list + 1] = M.value(s.items or { type = "string" }) end
  return list
end

function makers.object(s)
  local out = {}
  for name, property in sorted.pairs(s.properties or {}) do out[name] = M.value(property) end
  if next(out) == nil and type(s.additionalProperties) == "table" then out.sample = M.value(s.additionalProperties) end
  return out
end

---A value that satisfies a schema; nil when none was found.
---@param s any
---@return any
function M.value(s)
  if type(s) ~= "table" then return "sample" end
  if s.const ~= nil then return s.const end
  if s.enum then return s.enum[1] end
  local kind = type(s.type) == "table" and s.type[1] or s.type or s.properties and "object" or "string"
  local made = makers[kind] and makers[kind](s)
  if made ~= nil and satisfies(s, made) then return made end
  return s.default
end

-- The other values that are worth trying.
local function alternatives(s)
  if type(s) ~= "table" then return {} end
  if s.enum then return s.enum end
  if s.type == "boolean" then return { true, false } end
  return {}
end

---Sets of parameters that satisfy a schema of an object: only what is required, everything, and everything with each value of each choice.
---@param s any
---@return table[]
function M.parameters(s)
  if type(s) ~= "table" then return { {} } end
  local properties, least, most = s.properties or {}, {}, {}
  serial = 0
  for _, name in ipairs(s.required or {}) do least[name] = M.value(properties[name]) end
  for name, property in sorted.pairs(properties) do most[name] = M.value(property) end
  local sets = { least, most }
  for name, property in sorted.pairs(properties) do
    for _, v in ipairs(alternatives(property)) do
      for _, base in ipairs { least, most } do
        local set = value.clone(base)
        set[name] = v
        sets[#sets + 1] = set
      end
    end
    -- One parameter alone may lead where all of them together do not.
    if least[name] == nil then
      local set = value.clone(least)
      set[name] = most[name]
      sets[#sets + 1] = set
    end
  end
  local fit = {}
  for _, set in ipairs(sets) do
    if satisfies(s, set) then fit[#fit + 1] = set end
  end
  return fit
end

return M
