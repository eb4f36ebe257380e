local fs = require "host.fs"
local system = require "host.system"

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return (text:gsub("\n$", ""))
end

describe("host.system", function()
  it("knows the machine and the user", function()
    assert.equal(output "uname -n", system.hostname())
    assert.equal(output "id -un", system.user())
    assert.equal(math.tointeger(tonumber(output "nproc")), system.cpus())
  end)

  it("has no name for a user without one", function()
    if output "id -u" ~= "0" then pending "needs root to become another user" end
    local command = "setpriv --reuid 54321 --clear-groups '%s' lua -e 'print(#require [[host.system]].user())'"
    assert.equal("0", output(command:format(system.paths().exe)))
  end)

  it("finds its own files", function()
    local paths = system.paths()
    assert.equal(fs.realpath "/proc/self/exe", paths.exe)
    assert.is_true(fs.exists(paths.share .. "/lua/orun/main.lua"))
  end)

  it("sets and removes variables", function()
    system.setenv("ORUN_SYSTEM_SPEC", "a b")
    assert.equal("a b", os.getenv "ORUN_SYSTEM_SPEC")
    assert.equal("a b", output 'echo "$ORUN_SYSTEM_SPEC"')
    system.setenv "ORUN_SYSTEM_SPEC"
    assert.is_nil(os.getenv "ORUN_SYSTEM_SPEC")
    assert.has_error(function() system.setenv("A=B", "x") end)
    assert.has_error(function() system.setenv("", "x") end)
    assert.has_error(function() system.setenv("A", "x\0y") end)
  end)
end)
