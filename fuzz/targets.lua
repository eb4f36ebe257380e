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
    for _, entry in ipairs(document:entries(node) or {}) do yaml_node(document, entry[2], depth + 1) end
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

---Renders with data of every kind.
function M.template(bytes)
  local value = require "host.value"
  local expression, template = require "orun.template.expression", require "orun.template"
  data = data or { s = "text", i = 3, f = 1.5, b = true, n = value.null, l = value.list { 1, "a", value.null }, m = { k = "v" },
    t = value.time(0) }
  for _, text in ipairs { bytes, expression.protect(bytes) } do
    local out, err = template.render(text, data)
    assert(type(out) == "string" or type(err.message) == "string")
  end
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
