-- Commands as files: those of the user, and those of a checkout, which help and completion look at without running them.
local fs = require "host.fs"
local json = require "host.json"
local process = require "host.process"
local program = dofile "spec/support/program.lua"

local dir

local function write(name, text)
  local file = dir .. "/" .. name
  assert(fs.mkdir(file:match "^(.*)/"))
  assert(fs.write(file, text, { sync = false }))
end

-- A command of the checkout, of the user.
local function own(name, text) write("shop/.orun/commands/" .. name .. ".lua", text) end
local function users(name, text) write("home/commands/" .. name .. ".lua", text) end

local function orun(...)
  return program.run(dir .. "/shop", { ... }, { ORUN_HOME = dir .. "/home" })
end

local function offered(line)
  local r = orun("__complete", "--line", "orun " .. line)
  assert.same({ 0, "" }, { r.code, r.err })
  return r.out
end

local owners = [[
local json = require "host.json"
return {
  summary = "Who owns what",
  aliases = { "who" },
  flags = {
    { name = "json", help = "as JSON" }, { name = "team", short = "t", value = "NAME", choices = { "red", "blue" }, env = "TEAM" },
    { name = "label", value = "TEXT", repeatable = true, default = "none" },
  },
  args = { { name = "component", optional = true, complete = "components" } },
  complete = function(ctx, word) return { { "zeta", "the last" }, "$(reboot)", "a b", ctx.flags.team } end,
  run = function(ctx, args) ctx:print(json.encode { team = ctx.flags.team, label = ctx.flags.label,
    component = args.component }) return 3 end,
}
]]

-- What must never happen leaves a trace here.
local function trace() return dir .. "/trace" end
local function tracing(text) return (text:gsub("TRACE", trace())) end

describe("a command file", function()
  before_each(function()
    dir = assert(fs.realpath(assert(fs.temporary "/tmp/orun-commands-")))
    write("shop/intent.yaml", "metadata: {name: shop}\nenvironments: {dev: {}}\n"
      .. "components: [{name: api, type: make, subscribe: {environments: [dev]}}]\n")
    assert(fs.mkdir(dir .. "/shop/.git"))
  end)
  after_each(function() fs.remove_tree(dir) end)

  it("of a checkout runs when somebody names it, with flags, variables, arguments and aliases", function()
    own("owners", owners)
    local r = orun("owners", "api", "-t", "red", "--label", "x", "--label=y")
    assert.equal(3, r.code, r.err)
    assert.same({ team = "red", label = { "x", "y" }, component = "api" }, json.decode(r.out))
    r = program.run(dir .. "/shop", { "who" }, { ORUN_HOME = dir .. "/home", TEAM = "blue" })
    assert.same({ team = "blue", label = { "none" } }, json.decode(r.out))
    assert.equal(2, orun("owners", "--team", "green").code)
    assert.equal(2, orun("owners", "--taem", "red").code)
    assert.equal("usage", assert(json.decode(orun("owners", "--json", "--nonsense").out)).errors[1].kind)
  end)

  it("of a checkout is told of before it runs for the first time, and when it has changed", function()
    own("owners", owners)
    local file = ".orun/commands/owners.lua"
    assert.equal(("note: running %s, a command of this checkout that was not run here before\n"):format(file), orun("owners").err)
    assert.equal("", orun("owners").err)
    assert.equal("", orun("who").err)
    own("owners", owners .. "-- more\n")
    assert.equal(("note: running %s, a command of this checkout, which has changed since it last ran\n"):format(file), orun("owners").err)
    assert.equal("", orun("owners").err)
    own("other", owners)
    assert.truthy(orun("other").err:find("other.lua, a command of this checkout that was not run", 1, true))
    assert.falsy(fs.exists(dir .. "/shop/.orun/known-commands.json"))
    -- Another copy of the checkout is another one.
    assert(process.run { argv = { "cp", "-r", dir .. "/shop", dir .. "/copy" } })
    assert.truthy(program.run(dir .. "/copy", { "owners" }, { ORUN_HOME = dir .. "/home" }).err:find("not run here before", 1, true))
  end)

  it("of a checkout is told of each time where nothing can be remembered", function()
    own("owners", owners)
    write("home", "no folder")
    for _ = 1, 2 do assert.truthy(orun("owners").err:find("not run here before", 1, true)) end
  end)

  it("of a checkout is in help, suggestions and completion", function()
    own("owners", owners)
    own("team/list", 'return { summary = "List teams", run = function(ctx) ctx:print "red" end }')
    own("get/weather", 'return { summary = "Weather", run = function(ctx) ctx:print "fine" end }')
    local help = orun("help").out
    assert.truthy(help:find "\n  owners +Who owns what %(from %.orun/commands%)\n", help)
    assert.truthy(help:find "\n  team +commands about team %(from %.orun/commands%)\n", help)
    help = orun("help", "owners").out
    assert.truthy(help:find("\nAlso: who\n", 1, true))
    assert.truthy(help:find "\n  %-t, %-%-team NAME +%(red, blue; %$TEAM%)\n", help)
    assert.truthy(help:find("\nDefined in .orun/commands/owners.lua\n", 1, true))
    assert.equal(help, orun("owners", "--help").out)
    assert.equal("hint: did you mean owners?\n", orun("ownres").err:match "hint.*")
    assert.equal("owners\tWho owns what\n:words\n", offered "own")
    assert.equal("--team\n:words\n", offered "owners --t")
    assert.equal("red\n:words\n", offered "owners -t r")
    assert.equal("api\tmake\nzeta\tthe last\n:words\n", offered "owners ")
    assert.equal("red\n:words\n", offered "owners -t red r")
    assert.equal("list\tList teams\n:words\n", offered "team ")
    assert.equal("weather\tWeather\n:words\n", offered "get w")
    assert.equal("red\n", orun("team", "list").out)
    assert.equal("fine\n", orun("get", "weather").out)
  end)

  it("of a checkout is found from below it, and by --intent from anywhere", function()
    own("owners", owners)
    assert(fs.mkdir(dir .. "/shop/a/b"))
    local env = { ORUN_HOME = dir .. "/home" }
    assert.equal(3, program.run(dir .. "/shop/a/b", { "owners" }, env).code)
    assert.equal(2, program.run(dir, { "owners" }, env).code)
    for _, words in ipairs {
      { "owners", "-i", "shop/intent.yaml" }, { "--intent=shop/intent.yaml", "owners" }, { "-ishop/intent.yaml", "owners" },
    } do
      assert.equal(3, program.run(dir, words, env).code)
    end
    assert.truthy(program.run(dir, { "help", "-i", "shop/intent.yaml" }, env).out:find("Who owns what", 1, true))
    assert.truthy(program.run(dir, { "__complete", "--", "-i", "shop/intent.yaml", "own" }, env).out:find("owners", 1, true))
  end)

  it("of a checkout takes no name, alias or argument of what is there", function()
    local hijack = tracing 'io.open("TRACE", "w") return { summary = "x", aliases = { "plan", "validate" }, run = function() end }'
    for _, name in ipairs { "run", "components", "plan/api", "run/api", "get/plans", "get/plan", "get/init", "compositions/sh",
      "version" } do
      own(name, hijack)
    end
    local before = orun("validate").out
    for _, words in ipairs {
      { "version" }, { "components" }, { "plan", "api" }, { "run", "api", "--dry-run" }, { "get", "plans" }, { "get", "plan" }, { "get" },
      { "compositions", "sh" }, { "validate" }, { "help" }, { "help", "get" }, { "help", "run" },
    } do
      local r = orun(table.unpack(words))
      assert.falsy(r.err:find("of this checkout", 1, true), table.concat(words, " ") .. r.err)
      assert.is_true(r.code ~= 2, r.err)
    end
    assert.equal(before, orun("validate").out)
    assert.falsy(fs.exists(trace()))
    local help = orun("help").out
    assert.truthy(help:find("\nNot used:\n", 1, true))
    assert.truthy(help:find "%.orun/commands/run%.lua +the name is taken\n", help)
    assert.truthy(orun("help", "get").out:find "get/plan%.lua +the name is taken\n")
    users("mine", 'return { summary = "Mine", run = function(ctx) ctx:print "mine" end }')
    own("mine", hijack)
    assert.equal("mine\n", orun("mine").out)
  end)

  it("of the user may replace one that ships, which help says", function()
    users("version", 'return { summary = "Mine", run = function(ctx) ctx:print "mine" end }')
    assert.equal("mine\n", orun("version").out)
    assert.truthy(orun("help").out:find "\n  version +Mine %(from [^\n]*/home/commands, replaces a command of orun%)\n")
  end)

  it("of the user has its other names, wherever they are written", function()
    users("mine", 'return { aliases = { "m" }, summary = "Mine", run = function(ctx) ctx:print "mine" end }')
    assert.equal("mine\n", orun("m").out)
    own("m", owners)
    assert.equal("mine\n", orun("m").out)
    users("broken", "return {")
    assert.equal("mine\n", orun("m").out)
    assert.equal(2, orun("n").code)
  end)

  it("of a home directory with an intent is the user's", function()
    users("mine", 'return { summary = "Mine", run = function(ctx) ctx:print "mine" end }')
    write("intent.yaml", "metadata: {name: home}\n")
    assert(fs.rename(dir .. "/home", dir .. "/.orun"))
    local r = program.run(dir, { "mine" }, { HOME = dir })
    assert.same({ "mine\n", "" }, { r.out, r.err })
    assert.falsy(program.run(dir, { "help" }, { HOME = dir }).out:find("Not used", 1, true))
  end)

  it("that is broken breaks only itself, with file and line", function()
    local function breaks(place, name, text, kind, line)
      place(name, text)
      local r = orun(name, "--json")
      assert.is_true(r.code == 1, r.out .. r.err)
      local err = assert(json.decode((r.out:gsub("^[^{]*", "")))).errors[1]
      assert.same({ kind, line }, { err.kind, err.line }, err.message)
      assert.truthy(err.file:find("commands/" .. name .. ".lua", 1, true))
      local help = orun "help"
      assert.equal(0, help.code)
      assert.truthy(help.out:find("\n  " .. name .. " +broken: "), help.out)
      assert.truthy(help.out:find "\n  run +Run a plan\n")
      assert.equal(0, orun("version").code)
      assert.truthy(offered "":find("\nversion\t", 1, true))
      assert.equal(1, orun("help", name).code)
      local list = fs.list(dir .. (place == own and "/shop/.orun/commands" or "/home/commands")) or {}
      assert.equal(1, #list)
      assert(fs.remove(dir .. (place == own and "/shop/.orun/commands/" or "/home/commands/") .. list[1]))
    end
    for _, place in ipairs { own, users } do
      breaks(place, "syntax", "\nreturn {", "command.syntax", 2)
      breaks(place, "raises", "local x\n\nreturn x.y", "command.failed", 3)
      breaks(place, "says", 'error("no")', "command.failed", 1)
      breaks(place, "value", "error { 1 }", "command.failed", 1)
      breaks(place, "five", "return 5", "command.shape", nil)
      breaks(place, "nothing", "", "command.shape", nil)
      breaks(place, "flagless", 'return { summary = "x", flags = { "json" } }', "command.shape", nil)
      breaks(place, "unnamed", 'return { summary = "x", flags = { { short = "x" } } }', "command.shape", nil)
      breaks(place, "badtype", 'return { summary = "x", flags = { { name = "n", value = "N", type = "float" } } }', "command.shape", nil)
      breaks(place, "badarg", 'return { summary = "x", args = { {} } }', "command.shape", nil)
      breaks(place, "norun", 'return { summary = "x", run = true }', "command.shape", nil)
      breaks(place, "plain", 'return { run = function() end }', "command.shape", nil)
      breaks(place, "misspelt", 'return { summary = "x", run = function() end, flag = {} }', "command.shape", nil)
      breaks(place, "flagfield", 'return { summary = "x", run = print, flags = { { name = "f", halp = "" } } }', "command.shape", nil)
      breaks(place, "choosy", 'return { summary = "x", run = print, flags = { { name = "f", value = "F", choices = { 1 } } } }',
        "command.shape", nil)
      breaks(place, "idle", 'return { summary = "x" }', "command.shape", nil)
    end
  end)

  it("may stand in a folder that nothing describes", function()
    own("cloud/list", 'return { summary = "List clouds", run = function(ctx) ctx:print "grey" end }')
    users("sky/list", 'return { summary = "List skies", run = function(ctx) ctx:print "blue" end }')
    for group, about in pairs { cloud = "List clouds", sky = "List skies" } do
      local r = orun(group)
      assert.same({ 0, "" }, { r.code, r.err })
      assert.truthy(r.out:find("\n  list  " .. about .. " (from ", 1, true), r.out)
      assert.equal(r.out, orun("help", group).out)
    end
    assert.equal("grey\n", orun("cloud", "list").out)
    own("cloud/init", 'return { summary = "What the sky has" }')
    assert.truthy(orun("cloud").out:find("^What the sky has\n.*\nDefined in .*/cloud/init.lua\n$"))
  end)

  it("that no word can name is told of in help", function()
    local text = 'return { summary = "x", run = function() end }'
    for _, name in ipairs { "a b", "x.y", "-v", "red\27[31m" } do own(name, text) end
    users("$(id)", text)
    local r = orun "help"
    assert.same({ 0, nil }, { r.code, r.out:match "\27" })
    for _, name in ipairs { "a b", "x.y", "-v", "$(id)" } do
      assert.truthy(r.out:find("commands/" .. name .. ".lua", 1, true), name)
    end
    assert.truthy(r.out:find("commands are named by letters, digits, - and _", 1, true))
  end)

  it("takes effect when it changes", function()
    own("a", 'return { summary = "one", run = function(ctx) ctx:print "1" end }')
    assert.equal("1\n", orun("a").out)
    own("a", '\xef\xbb\xbfreturn { summary = "two", run = function(ctx) ctx:print "2" end }')
    assert.equal("2\n", orun("a").out)
    assert.truthy(orun("help").out:find("two (from", 1, true))
  end)

  -- What a hostile checkout may try while somebody reads help or presses TAB.
  local hostile = {
    loop = "while true do end",
    pcalls = "while true do pcall(function() while true do end end) end",
    execute = 'os.execute("touch TRACE")',
    popen = 'io.popen("touch TRACE"):close()',
    opens = 'io.open("TRACE", "w"):write("x")',
    loads = 'package.loadlib("x", "*")',
    debugs = 'debug.getregistry()',
    requires = 'require("host.fs").write("TRACE", "x") require("host.process").run { argv = { "touch", "TRACE" } } return {}',
    escapes = 'require("orun.main")("lua", "-e", [[io.open("TRACE", "w")]]) return {}',
    getmeta = 'getmetatable("").__index = nil return {}',
    memory = 'local t = {} while true do t[#t + 1] = {} end',
    rep = 'return { summary = ("x"):rep(1 << 40) }',
    pattern = 'return { summary = ("a"):rep(50000):match(("a*"):rep(50) .. "b") or "x" }',
    cyclic = 'local t = { summary = "x" } t.flags = { t } t.self = t return t',
    deep = 'local t = {} local u = t for i = 1, 1000000 do u.x = {} u = u.x end return t',
    recursion = 'local function f() return f() + 1 end f()',
    meta = 'return setmetatable({}, { __index = function() while true do end end, __pairs = function() while true do end end })',
    tostrings = 'error(setmetatable({}, { __tostring = function() while true do end end }))',
    coroutines = 'return coroutine.wrap(function() while true do coroutine.yield() end end)',
    bytecode = 'return load("\\27Lua")()',
    huge = "--" .. ("x"):rep(2 * 1024 * 1024),
    binary = "\27Lua\84\0",
    yields = 'coroutine.yield({ summary = "x" })',
    stringly = '("x").rep = nil return {}',
    colours = 'return { summary = "a\\27[2Jb\\27]0;owned\\7c\\194\\155d", description = "x\\n\\27[1my", run = function() end }',
    completes = 'return { summary = "x", args = { { name = "a" } }, complete = function() while true do end end, run = function() end }',
    offers = 'return { summary = "x", flags = { { name = "f", value = "F", choices = { "$(touch TRACE)" } } }, run = function() end }',
  }

  for name, text in next, hostile do
    it("of a checkout does nothing on help and TAB: " .. name, function()
      own(name, tracing(text))
      for _, words in ipairs {
        { "help" }, { "help", name }, { name, "--help" }, { "help", name .. "x" }, { name .. "x" }, { "__complete", "--line", "orun " },
        { "__complete", "--line", "orun " .. name .. " " }, { "__complete", "--line", "orun " .. name .. " --f" }, { "version" },
        { "__complete", "--line", "orun " .. name .. " --f " },
      } do
        local r = orun(table.unpack(words))
        assert.is_true(r.code >= 0 and r.code <= 2, table.concat(words, " "))
        for _, out in ipairs { r.out, r.err } do
          assert.falsy(out:find "\27", table.concat(words, " ") .. out)
          assert.falsy(out:find("\194\155", 1, true))
          assert.falsy(out:find("internal", 1, true), out)
          assert.falsy(out:find("of this checkout", 1, true), out)
        end
        if words[1] == "__complete" then assert.falsy(r.out:find("touch", 1, true)) end
      end
      assert.falsy(fs.exists(trace()))
      assert.falsy(fs.exists(dir .. "/home"))
    end)
  end

  it("of a checkout must be a regular file in folders of the checkout", function()
    write("elsewhere/a.lua", tracing 'io.open("TRACE", "w") return { summary = "x", run = function() io.open("TRACE", "w") end }')
    local commands = dir .. "/shop/.orun/commands"
    assert(fs.mkdir(commands .. "/folder.lua"))
    assert(fs.symlink(dir .. "/elsewhere/a.lua", commands .. "/link.lua"))
    assert(fs.symlink(dir .. "/elsewhere", commands .. "/group"))
    assert(fs.symlink("/dev/zero", commands .. "/zero.lua"))
    assert(fs.symlink("/etc/passwd", commands .. "/passwd.lua"))
    assert(fs.symlink("gone", commands .. "/gone.lua"))
    for _, name in ipairs { "pipe.lua", "pipe" } do assert(process.run { argv = { "mkfifo", commands .. "/" .. name } }) end
    for _, name in ipairs {
      "a b.lua", "a\nb.lua", "-x.lua", "..lua", ".lua", "$(touch x).lua", "ä.lua", "init.lua", "__complete.lua", "x.y.lua", "a.LUA",
        "\27[2J.lua",
    } do
      assert(fs.write(commands .. "/" .. name, tracing 'io.open("TRACE", "w") return { summary = "x", run = function() end }'))
    end
    assert.equal(0, orun("help").code)
    local listed = orun("help").out
    assert.equal(9, select(2, listed:gsub("%.orun/commands/[^\n\27]*%.lua%s+commands are named by [^\n]*\n", "")), listed)
    assert.equal(9, select(2, listed:gsub("%.orun/commands", "")), listed)
    for _, name in ipairs { "link", "group", "zero", "passwd", "gone", "pipe", "folder", "a b", "ä", "init", "x.y" } do
      assert.equal(2, orun(name).code, name)
      assert.equal(2, orun("help", name).code, name)
      assert.equal(":words\n", offered(name .. " "), name)
    end
    assert.equal(2, orun("group", "a").code)
    assert.falsy(fs.exists(trace()))
    assert(fs.remove_tree(dir .. "/shop/.orun"))
    assert(fs.mkdir(dir .. "/other/commands"))
    assert(fs.rename(dir .. "/elsewhere/a.lua", dir .. "/other/commands/a.lua"))
    assert(fs.symlink("../other", dir .. "/shop/.orun"))
    assert.equal(2, orun("a").code)
  end)

  it("is offered in the shells without being run", function()
    own("owners", owners)
    own("execute", tracing(hostile.execute))
    local env = process.environ()
    env.PATH, env.ORUN_HOME = program.exe:match "^(.*)/" .. ":" .. env.PATH, dir .. "/home"
    local script = orun("completion", "bash").out
    assert(fs.write(dir .. "/bash", script))
    local r = assert(process.run {
      argv = { "bash", "--norc", "-c", 'source "$1"; COMP_LINE=$2; COMP_POINT=${#2}; _orun orun "$3"; printf "%s\n" "${COMPREPLY[@]}"',
        "bash",
        dir .. "/bash", "orun owners -t ", "" },
      cwd = dir .. "/shop", env = env, merge = false,
    })
    assert.equal("red\nblue\n", r.output)
    assert.falsy(fs.exists(trace()))
  end)
end)
