-- What `--help` says, and that it is true.
local commandline = require "orun.cli.commandline"
local discovery = require "orun.cli.discovery"
local help = require "orun.cli.help"
local place = require "orun.cli.place"
local register = require "orun.cli.register"

local places = {}
for _, one in ipairs(place.list()) do
  if one.name == "installed" then places[1] = one end
end

-- All commands below some words, deepest last.
local function commands(words, list)
  for _, found in ipairs(register.list(words, places)) do
    list[#list + 1] = found
    if found.group then commands(found.words, list) end
  end
  return list
end

-- Words of an example; quotes are those of a shell.
local split = require("orun.cli.completion").split

-- These are as short as their help.
local obvious = { version = true, help = true }

describe("help", function()
  for _, found in ipairs(commands({}, {})) do
    local name = "orun " .. table.concat(found.words, " ")

    it("explains every flag and argument of " .. name, function()
      local command = discovery.load(found)
      assert.truthy(command.summary and command.summary ~= "")
      for _, flag in ipairs(command.flags or {}) do
        assert.truthy(flag.hidden or (flag.help or "") ~= "", "--" .. flag.name .. " has no help")
      end
      for _, line in ipairs { help.command(found, command, places) } do assert.truthy(line:find("Usage: " .. name, 1, true)) end
    end)

    it("gives examples of " .. name .. " that can be written so", function()
      local command = discovery.load(found)
      assert.truthy(obvious[found.words[1]] or not command.run or command.examples, "has no examples")
      for _, example in ipairs(command.examples or {}) do
        local words = split(example[1])
        assert.equal("orun", table.remove(words, 1))
        assert.truthy(example[2] ~= "")
        local ok, invocation = pcall(commandline.read, words)
        assert.truthy(ok, example[1] .. ": " .. tostring(invocation))
        assert.equal(found.words[1], invocation.found.words[1], example[1])
      end
    end)
  end
end)
