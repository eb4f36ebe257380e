local fs = require "host.fs"
local system = require "host.system"
local term = require "host.term"

---What a chunk prints on a pseudo terminal of the given size.
local function on_terminal(rows, columns, chunk)
  local file = os.tmpname()
  assert(fs.write(file, chunk))
  local command = ("stty rows %d cols %d; '%s' lua '%s'"):format(rows, columns, system.paths().exe, file)
  local pipe = assert(io.popen(("script -qec \"%s\" /dev/null </dev/null"):format(command)))
  local text = pipe:read "a"
  pipe:close()
  fs.remove(file)
  return (text:gsub("[\r\n\4\b^D]+$", ""):gsub("\r", ""))
end

local has_script = os.execute "command -v script >/dev/null 2>&1"

describe("host.term", function()
  it("knows that a file is no terminal", function()
    local pipe = assert(io.popen(("'%s' lua -e 'local t = require [[host.term]] print(t.isatty(0), t.size(0))' </dev/null")
      :format(system.paths().exe)))
    assert.equal("false\tnil\n", pipe:read "a")
    pipe:close()
    assert.is_false(term.isatty(999))
    assert.is_nil(term.size(999))
    assert.has_error(function() term.isatty(-1) end)
  end)

  it("takes keys one by one, and gives the terminal back", function()
    if not has_script then pending "needs the program script (util-linux) for a pseudo terminal" end
    local chunk = [[
      local term, process = require "host.term", require "host.process"
      local function mode() return process.run { argv = { "stty", "-g" }, stdin = "inherit", group = false }.output end
      local before = mode()
      local keys = assert(term.keys(0))
      local during = mode()
      print("ready")
      local got = keys:read()
      keys:close()
      print(got, during ~= before, mode() == before, pcall(keys.read, keys))]]
    local file = os.tmpname()
    assert(fs.write(file, chunk))
    local feed = ("{ until grep -qs ready %s.out; do sleep 0.05; done; printf k; until grep -qs true %s.out; do sleep 0.05; done; }")
      :format(file, file)
    local command = ("%s | script -qefc \"'%s' lua '%s'\" %s.out >/dev/null"):format(feed, system.paths().exe, file, file)
    assert(os.execute(command))
    local text = assert(fs.read(file .. ".out")):gsub("\r", "")
    fs.remove(file)
    fs.remove(file .. ".out")
    assert.truthy(text:find("\nk\ttrue\ttrue\tfalse\t[^\n]*the keys are closed"), text)
  end)

  it("stops the process until somebody lets it go on", function()
    local script = [[
      "$0" lua -e 'require("host.term").suspend() print "on"' & p=$!
      until grep -q '^State:.T' /proc/$p/status; do sleep 0.02; done
      echo stopped; kill -CONT $p; wait $p]]
    local result = require("host.process").run { argv = { "sh", "-c", script, system.paths().exe }, timeout = 60 }
    assert.equal("stopped\non\n", result.output)
  end)

  it("has no keys where there is no terminal", function()
    local pipe = assert(io.popen(("'%s' lua -e 'print(require [[host.term]].keys(0))' </dev/null"):format(system.paths().exe)))
    assert.truthy(pipe:read("a"):find "^nil\t.*\tENOTTY\n")
    pipe:close()
  end)

  it("knows a terminal and its size", function()
    if not has_script then pending "needs the program script (util-linux) for a pseudo terminal" end
    local text = on_terminal(33, 101, [[local t = require "host.term" print(t.isatty(1), t.size(1))]])
    assert.equal("true\t101\t33", text)
    assert.equal("true\tnil", on_terminal(0, 0, [[local t = require "host.term" print(t.isatty(1), t.size(1))]]))
  end)
end)
