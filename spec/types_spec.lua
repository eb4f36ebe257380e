-- lua/types says what authors of commands and triggers may write; it has to agree with what is read.
local context = require "orun.cli.context"
local definition = require "orun.cli.definition"
local events = require "orun.trigger.event"
local fs = require "host.fs"

---Fields of a class, and the methods of a table, as a file of lua/types declares them.
local function declared(file, class)
  local fields, methods, inside = {}, {}, false
  for line in assert(fs.read(file)):gmatch "[^\n]*" do
    local name = line:match "^%-%-%-@class ([%w_]+)"
    if name then inside = name == class end
    local field = line:match "^%-%-%-@field ([%w_]+)"
    if inside and field then fields[field] = true end
    local method = line:match("^function " .. class .. ":([%w_]+)")
    if method then methods[method] = true end
  end
  return fields, methods
end

local function names(list, more)
  local set = {}
  for key in next, list do set[key] = true end
  for _, key in ipairs(more or {}) do set[key] = true end
  return set
end

describe("lua/types", function()
  it("declares what a command file may hold", function()
    assert.same(names(definition.fields.command), (declared("lua/types/command.lua", "Command")))
    assert.same(names(definition.fields.flag), (declared("lua/types/command.lua", "Flag")))
    assert.same(names(definition.fields.argument), (declared("lua/types/command.lua", "Argument")))
  end)

  it("declares what a command is given", function()
    local ctx = context.new { flags = {}, given = {} }
    local fields, methods = declared("lua/types/command.lua", "Context")
    for field in next, fields do assert.is_true(ctx[field] ~= nil, field) end
    for method in next, methods do assert.equal("function", type(ctx[method]), method) end
    assert.is_true(methods.print and fields.flags)
  end)

  it("declares what an event may hold", function()
    local set = {}
    for _, field in ipairs(events.fields) do set[field] = true end
    set.provider, set.raw = true, true
    assert.same(set, (declared("lua/types/trigger.lua", "TriggerEvent")))
  end)

  it("is Lua that an editor can read", function()
    for _, name in ipairs(assert(fs.list "lua/types")) do assert(loadfile("lua/types/" .. name)) end
  end)
end)
