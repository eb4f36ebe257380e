-- The built program: how a command line finds its command, and what a mistake looks like.
local fs = require "host.fs"
local json = require "host.json"
local process = require "host.process"
local program = dofile "spec/support/program.lua"

local dir

local function orun(...)
  return program.run(dir, { ... }, { ORUN_HOME = dir .. "/home" })
end

-- A command of the user's own.
local function command(name, text)
  local file = ("%s/home/commands/%s.lua"):format(dir, name)
  assert(fs.mkdir(file:match "^(.*)/"))
  assert(fs.write(file, text))
end

describe("orun", function()
  before_each(function() dir = assert(fs.realpath(assert(fs.temporary "/tmp/orun-cli-"))) end)
  after_each(function() fs.remove_tree(dir) end)

  it("shows help when nothing is asked for, and with --help, -h and help", function()
    local help = orun()
    assert.equal(0, help.code)
    assert.equal("", help.err)
    assert.truthy(help.out:find("\n  status +Show how a run is going\n"))
    for _, words in ipairs { { "--help" }, { "-h" }, { "help" } } do assert.equal(help.out, orun(table.unpack(words)).out) end
    assert.falsy(help.out:find("__complete", 1, true))
  end)

  it("shows help of a command from its tables", function()
    local help = orun("status", "--help")
    assert.equal(0, help.code)
    assert.truthy(help.out:find("\nUsage: orun status [flags]\n", 1, true))
    assert.truthy(help.out:find("\n  %-w, %-%-watch +follow the run until it ends\n"))
    assert.truthy(help.out:find("\n      %-%-interval DURATION +time between looks with %-%-watch %(default 1s%)\n"))
    assert.truthy(help.out:find("--intent PATH", 1, true))
    assert.truthy(help.out:find("list all runs", 1, true))
    assert.is_nil(help.out:find("do not narrow", 1, true)) -- the command's own --all means something else
    assert.equal(help.out, orun("help", "status").out)
    assert.equal(help.out, orun("status", "-h", "--nonsense").out)
  end)

  it("shows help of groups, which list their commands", function()
    local help = orun "get"
    assert.equal(0, help.code)
    for _, name in ipairs { "plans", "jobs", "runs", "components", "environments" } do
      assert.truthy(help.out:find("\n  " .. name, 1, true), name)
    end
    assert.equal(help.out, orun("help", "get").out)
    assert.equal(help.out, orun("get", "--help").out)
  end)

  it("finds nested commands by name and alias, with flags anywhere", function()
    local out = orun("get", "plans", "-o", "json").out
    assert.equal("[]\n", out)
    assert.equal(out, orun("get", "plan", "-o", "json").out)
    assert.equal(out, orun("get", "-o", "json", "plans").out)
    assert.equal(out, orun("--all", "get", "plans", "--json").out)
    assert.equal("[]\n", orun("get", "executions", "-ojson").out)
  end)

  it("refuses unknown commands with exit code 2 and a suggestion", function()
    local r = orun "stauts"
    assert.equal(2, r.code)
    assert.equal("", r.out)
    assert.equal('error: unknown command "stauts" for orun\nhint: did you mean status?\n', r.err)
    r = orun("get", "plants")
    assert.equal(2, r.code)
    assert.equal('error: unknown command "plants" for orun get\nhint: did you mean plans?\n', r.err)
    assert.equal("hint: orun --help lists the commands\n", orun("xyzzyplugh").err:match "hint.*")
    assert.equal(2, orun("help", "nothing").code)
    for _, word in ipairs { "../status", "get/plans", "__nothing", "status.lua", "init" } do assert.equal(2, orun(word).code, word) end
  end)

  it("refuses unknown flags and bad values with exit code 2 (decision 12)", function()
    local r = orun("status", "--detaild")
    assert.equal(2, r.code)
    assert.equal("error: unknown flag --detaild for orun status\nhint: did you mean --detailed?\n", r.err)
    r = orun("run", "--trace", "run.json")
    assert.equal(2, r.code)
    assert.equal("error: unknown flag --trace for orun run\nhint: did you mean orun status --trace FILE?\n", r.err)
    assert.equal("hint: did you mean orun status --junit FILE?\n", orun("run", "--junit=run.xml").err:match "hint.*")
    assert.equal("hint: did you mean orun plan --name NAME?\n", orun("validate", "--name", "x").err:match "hint.*")
    assert.equal("hint: orun version --help lists the flags\n", orun("version", "--env", "dev").err:match "hint.*")
    assert.equal(2, orun("status", "--interval", "soon").code)
    assert.equal(2, orun("status", "surplus").code)
    assert.equal(2, orun("get", "jobs", "--view", "forest").code)
    assert.equal(2, orun("completion", "tcsh").code)
    assert.equal(2, orun("completion").code)
  end)

  it("answers mistakes in JSON when asked to (decision 3)", function()
    local r = orun("status", "--exec-id", "nothing", "--json")
    assert.equal(1, r.code)
    assert.equal("", r.err)
    local document = assert(json.decode(r.out))
    assert.equal("execution.not-found", document.errors[1].kind)
    assert.equal("execution not found: nothing", document.errors[1].message)
    assert.same({}, document.warnings)
    r = orun("status", "--json", "--nonsense")
    assert.equal(2, r.code)
    assert.equal("usage", assert(json.decode(r.out)).errors[1].kind)
    r = orun("get", "jobs", "--plan", "nothing", "-o", "json")
    assert.equal(1, r.code)
    assert.equal("plan.not-found", assert(json.decode(r.out)).errors[1].kind)
  end)

  it("explains arguments in the help of a command", function()
    local r = orun("logs", "--help")
    assert.truthy(r.out:find("\nArguments:\n  [reference...]  run/ID or job/TEXT", 1, true), r.out)
  end)

  it("takes -o json for a format only where formats are what -o takes", function()
    local r = orun("plan", "-o", "json")
    assert.equal(1, r.code)
    assert.equal("", r.out)
    assert.truthy(r.err:find "^error: ")
  end)

  it("loads commands of the user, nested ones too, and marks them", function()
    command("greet", 'return {\n  summary = "Greet somebody",\n  args = { { name = "who" } },\n'
      .. '  run = function(ctx, args) ctx:print("hello " .. args.who) return 3 end,\n}\n')
    local r = orun("greet", "world")
    assert.equal(3, r.code)
    assert.equal("hello world\n", r.out)
    assert.truthy(orun("--help").out:find("  greet +Greet somebody %(from [^\n]*/home/commands%)\n"))
    assert.truthy(orun("help", "greet").out:find("Usage: orun greet <who> [flags]", 1, true))
    assert.truthy(orun("help", "greet").out:find("Defined in " .. dir .. "/home/commands/greet.lua", 1, true))
    assert.equal("hint: did you mean greet?\n", orun("greeet", "x").err:match "hint.*")
    command("get/weather", 'return { summary = "Weather", run = function(ctx) ctx:print "fine" end }')
    assert.equal("fine\n", orun("get", "weather").out)
    assert.equal("[]\n", orun("get", "plans", "--json").out)
  end)

  it("lets the user replace a command", function()
    command("version", 'return { summary = "Mine", run = function(ctx) ctx:print "mine" end }')
    assert.equal("mine\n", orun("version").out)
  end)

  it("reports a user's command file that cannot be loaded", function()
    command("broken", "return {")
    local r = orun "broken"
    assert.equal(1, r.code)
    assert.truthy(r.err:find("^error: the command file cannot be loaded: [^\n]*\n  %-%-> [^\n]*broken.lua:1\n"), r.err)
    command("odd", "return 5")
    r = orun "odd"
    assert.equal(1, r.code)
    assert.truthy(r.err:find("error: a command file must return a table", 1, true))
  end)

  it("shows where a command failed, and how it came there where its file is not to blame alone", function()
    command("bug", 'return {\n  summary = "Bug",\n  run = function() error("oops") end,\n}')
    local r = orun "bug"
    assert.equal(1, r.code)
    assert.equal("error: the command failed: oops\n  --> home/commands/bug.lua:3\n 3 │   run = function() error(\"oops\") end,\n", r.err)
    command("value", 'return { summary = "Bug", run = function() error { 1 } end }')
    assert.truthy(orun("value").err:find("^error: the command failed: it raised a table\n  %-%-> home/commands/value.lua:1\n"))
    command("jsonbug", 'return { summary = "Bug", flags = { { name = "json" } }, run = function() error("oops") end }')
    local err = assert(json.decode(orun("jsonbug", "--json").out)).errors[1]
    assert.same({ "command.raised", "the command failed: oops", 1 }, { err.kind, err.message, err.line })
    command("deep", [[
local path = require "orun.util.path"
return { summary = "Deep", run = function()
  local joined = path.join({}, {})
  return joined
end }]])
    r = orun "deep"
    assert.truthy(r.err:find("^error: the command failed: [^\n]*path.lua:%d+: attempt to [^\n]*\n  %-%-> home/commands/deep.lua:3\n"))
    assert.truthy(r.err:find("\n  stack traceback:\n[^\n]*path.lua:%d+: [^\n]*\n[^\n]*deep.lua:3: [^\n]*\n$"), r.err)
  end)

  it("refuses what is no exit code", function()
    for returned, shown in pairs { ['"done"'] = "a string", ["256"] = "256", ["-1"] = "-1", ["0.5"] = "0.5", ["false"] = "a boolean" } do
      command("odd", ('return { summary = "Odd", run = function(ctx) ctx:print "out" return %s end }'):format(returned))
      local r = orun "odd"
      assert.same({ 1, "out\n" }, { r.code, r.out })
      assert.truthy(r.err:find("error: run must return an exit code from 0 to 255, or nothing, not " .. shown .. "\n", 1, true), r.err)
    end
    command("odd", 'return { summary = "Odd", run = function() return 255 end }')
    assert.equal(255, orun("odd").code)
  end)

  it("prints what was collected: several errors sorted, warnings once, before the errors", function()
    command("collect", [[
return {
  summary = "Collect",
  flags = { { name = "json" }, { name = "strict" }, { name = "fail" } },
  run = function(ctx)
    ctx:print "result"
    for _ = 1, 2 do
      ctx.report:warn { kind = "w", message = "careful", file = ctx.cwd .. "/sub/f.yaml", line = 3, column = 2, source = " x" }
    end
    if ctx.flags.fail then
      ctx.report:error { kind = "b", message = "second", file = "z" }
      ctx.report:error { kind = "a", message = "first", file = "a", hint = "do this" }
    end
    return 4
  end,
}]])
    local warning = "warning: careful\n  --> sub/f.yaml:3:2\n 3 │  x\n   │  ^\n"
    local r = orun "collect"
    assert.equal(4, r.code)
    assert.equal("result\n", r.out)
    assert.equal(warning, r.err)
    r = orun("collect", "--fail")
    assert.equal(1, r.code)
    assert.equal(warning .. "error: first\n  --> a\nhint: do this\nerror: second\n  --> z\n", r.err)
    r = orun("collect", "--strict")
    assert.equal(1, r.code)
    assert.equal("error: careful", r.err:match "^[^\n]*")
  end)

  it("does not print control sequences without a terminal, unless forced", function()
    assert.falsy(orun("stauts").err:find "\27")
    local r = program.run(dir, { "stauts" }, { ORUN_HOME = dir, CLICOLOR_FORCE = "1", NO_COLOR = "1" })
    assert.truthy(r.err:find("\27[1;31merror:\27[0m", 1, true))
  end)

  it("says nothing when its reader goes away, and everything when the disk is full", function()
    local function sh(text)
      return assert(process.run { argv = { "bash", "-c", text }, cwd = dir, merge = false, env = process.environ() })
    end
    local r = sh(('"%s" --help | true; echo "${PIPESTATUS[0]}"'):format(program.exe))
    assert.equal("", r.errors)
    assert.truthy(r.output == "0\n" or r.output == "141\n", r.output)
    command("much", 'return { summary = "Much", run = function(ctx) for _ = 1, 100000 do ctx:print(("x"):rep(80)) end end }')
    r = sh(('ORUN_HOME="%s/home" "%s" much | head -n 1'):format(dir, program.exe))
    assert.equal("", r.errors)
    assert.equal(("x"):rep(80) .. "\n", r.output)
    if fs.exists "/dev/full" then
      r = sh(('"%s" --help > /dev/full'):format(program.exe))
      assert.equal(1, r.code)
      assert.equal("error: cannot write to standard output: No space left on device\n", r.errors)
    end
  end)
end)

describe("orun version", function()
  before_each(function() dir = assert(fs.temporary "/tmp/orun-cli-") end)
  after_each(function() fs.remove_tree(dir) end)

  local number = assert(fs.read "VERSION"):match "%S+"

  it("is shown in three ways", function()
    assert.equal(("orun %s\n"):format(number), orun("version").out)
    assert.equal(("orun %s\n"):format(number), orun("--version").out)
    assert.same({ version = number }, json.decode(orun("version", "--json").out))
  end)

  it("loads neither other commands nor shared modules", function()
    local user = [[
local version = require "orun.commands.version"
return { summary = version.summary, run = function(ctx, args)
  version.run(ctx, args)
  for name in pairs(package.loaded) do ctx:print(name) end
  for line in io.lines "/proc/self/maps" do ctx:print(line) end
end }]]
    command("version", user)
    local out = orun("version").out
    assert.truthy(out:find("orun %d"))
    assert.truthy(out:find("\norun.commands.version\n", 1, true))
    for name in out:gmatch "\n(orun%.commands%.[%w_.]+)\n" do assert.equal("orun.commands.version", name) end
    assert.falsy(out:find("/lib/orun/host/", 1, true))
    for _, library in ipairs { "libgit2", "libcurl", "libsqlite3", "libarchive" } do assert.falsy(out:find(library, 1, true), library) end
    for _, name in ipairs { "orun.compiler", "orun.run.runner", "orun.cockpit.style", "host.term", "host.git" } do
      assert.falsy(out:find("\n" .. name .. "\n", 1, true), name)
    end
  end)
end)

describe("orun lua", function()
  before_each(function() dir = assert(fs.temporary "/tmp/orun-cli-") end)
  after_each(function() fs.remove_tree(dir) end)

  it("runs text and files with their arguments, flags included", function()
    assert.equal("-e a --json -x\n", orun("lua", "-e", "print(arg[0], ...)", "a", "--json", "-x").out:gsub("\t", " "))
    local piped = assert(process.run { argv = { program.exe, "lua", "-", "x" }, stdin = "print(arg[0], ...) return 3", merge = false })
    assert.equal("-\tx\n", piped.output)
    assert.equal(3, piped.code)
    assert(fs.write(dir .. "/s.lua", "print(arg[0], arg[1], #arg) return 7"))
    local r = orun("lua", "s.lua", "-h", "b")
    assert.equal("s.lua -h 2\n", (r.out:gsub("\t", " ")))
    assert.equal(7, r.code)
  end)

  it("sees the program's modules and the system's, but none of the working directory", function()
    assert(fs.write(dir .. "/stray.lua", "return 1"))
    local r = orun("lua", "-e", 'print(require "host.json" ~= nil, require "orun.util.path" ~= nil, pcall(require, "stray"))')
    assert.truthy(r.out:find "^true\ttrue\tfalse")
    assert.falsy(orun("lua", "-e", "print(package.path, package.cpath)").out:find("./?", 1, true) == 1)
    for template in orun("lua", "-e", 'print(package.path .. ";" .. package.cpath)').out:gmatch "[^;\n]+" do
      assert.equal("/", template:sub(1, 1), template)
    end
  end)

  it("says so when there is no memory left", function()
    assert(fs.write(dir .. "/s.lua", "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000000) .. i end"))
    -- Sanitizers reserve more address space than any limit leaves.
    if program.exe:find("sanitize", 1, true) then return pending "not under sanitizers" end
    local script = "ulimit -v 400000; exec '" .. program.exe .. "' lua s.lua"
    local r = assert(process.run { argv = { "/bin/sh", "-c", script }, cwd = dir, merge = false })
    assert.same({ 1, "", "error: not enough memory\n" }, { r.code, r.output, r.errors })
  end)

  it("shows where a script failed, as the script's failure", function()
    assert(fs.write(dir .. "/s.lua", "local function f() error 'no' end\nf()\n"))
    local r = orun("lua", "s.lua")
    assert.equal(1, r.code)
    assert.truthy(r.err:find("^error: s.lua:1: no\n  stack traceback:"))
    r = orun("lua", "missing.lua")
    assert.equal(1, r.code)
    assert.truthy(r.err:find("^error: cannot open missing.lua"))
    assert.equal(2, orun("lua").code)
  end)
end)
