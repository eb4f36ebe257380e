-- What each fuzz target does with its input. A function returns normally for every input, good or bad.
local M = {}

local function yaml_node(document, node, depth)
  if depth > 40 then return end
  local kind = document:kind(node)
  document:position(node)
  document:class(node)
  if kind == "sequence" then
    for _, item in ipairs(document:items(node)) do yaml_node(document, item, depth + 1) end
  elseif kind == "mapping" then
    local entries = document:entries(node) or {}
    for i = 2, #entries, 3 do yaml_node(document, entries[i], depth + 1) end
  end
end

-- Decodes the whole document by plans that most inputs fit somewhere.
local function decode_yaml(document)
  local plan = require "host.yaml".plan
  local any, place = plan.any, {}
  local record = { plan.record, {
    a = { plan.list, plan.text }, b = plan.boolean, c = plan.integer, d = { plan.present, any }, e = plan.any_map,
    f = { plan.scalar_or, { plan.map, any }, function(text) return text end },
  }, true }
  for _, planned in ipairs { any, record, plan.any_map, { plan.map, record }, { plan.list, any } } do
    document:decode(document:root(), planned, place)
  end
end

---Reads a document, its nodes and its value; a value that is written must read back equal.
function M.yaml(bytes)
  local yaml, value = require "host.yaml", require "host.value"
  local document, err = yaml.read(bytes, "input.yaml")
  if not document then
    assert(type(err.message) == "string")
    return
  end
  if document:length(document:root()) < 50 then yaml_node(document, document:root(), 0) end
  decode_yaml(document)
  local v = document:value(document:root())
  if v == nil then return end
  local again = assert(yaml.read(yaml.encode(v), "again.yaml"))
  assert(value.equal(v, (again:value(again:root()))), "written YAML reads back differently")
end

---Decodes; what is encoded again must decode to the same text.
function M.json(bytes)
  local json = require "host.json"
  local v, err = json.decode(bytes, { order = true })
  if v == nil then
    assert(err.line >= 1 and err.column >= 1)
    return
  end
  local text = json.encode(v)
  local again = json.decode(text, { order = true })
  assert(again ~= nil and json.encode(again) == text, "encoded JSON is not stable")
end

local data

-- The straight function of a template, where it has an answer, gives what the evaluator gives.
local function compare(template, text, out)
  local compiled = template.compile(text)
  local straight = compiled and not compiled.literal and template.join { compiled }
  local answer = straight and straight(data) or nil
  assert(answer == nil or answer == out, "the straight function renders something else")
end

---Renders with data of every kind.
function M.template(bytes)
  local value = require "host.value"
  local expression, template = require "orun.template.expression", require "orun.template"
  data = data or { s = "text", i = 3, f = 1.5, b = true, n = value.null, l = value.list { 1, "a", value.null }, m = { k = "v" },
    t = value.time(0) }
  for _, text in ipairs { bytes, expression.protect(bytes) } do
    local out, err = template.render(text, data)
    assert(type(out) == "string" or type(err.message) == "string")
    compare(template, text, out)
  end
end

local package_directory

---Runs the bytes as a file of a package, with small limits.
function M.sandbox(bytes)
  local fs, sandbox = require "host.fs", require "orun.sandbox"
  package_directory = package_directory or assert(fs.temporary("/tmp/orun-fuzz-"))
  assert(fs.write(package_directory .. "/a.lua", bytes, { sync = false }))
  local box = sandbox.open {
    directory = package_directory, name = "fuzz", limits = { memory = 2 << 20, instructions = 1000000, output = 1 << 20 },
    print = function() end,
  }
  local result, problem = box:load "a.lua"
  assert(problem == nil or type(problem.message) == "string")
  if type(result) == "table" and sandbox.is_function(result.go) then box:call(result.go, { a = { b = 1 }, list = { 1, 2 } }) end
  if box.state then box.state:close() end
end

local directory

---Unpacks; nothing may appear outside the directory.
function M.archive(bytes)
  local archive, fs = require "host.archive", require "host.fs"
  directory = directory or assert(fs.temporary("/tmp/orun-fuzz-"))
  assert(fs.remove_tree(directory))
  assert(fs.mkdir(directory .. "/inside"))
  archive.extract(bytes, directory .. "/inside", { entries = 100, bytes = 1 << 20 })
  assert(#assert(fs.list(directory)) == 1, "something was unpacked outside")
end

return M
