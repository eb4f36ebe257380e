-- What completion offers, first by the words alone, then in the shells themselves.
local completion = require "orun.cli.completion"
local fs = require "host.fs"
local process = require "host.process"
local program = dofile "spec/support/program.lua"

local dir

local function workspace()
  dir = assert(fs.realpath(assert(fs.temporary "/tmp/orun-complete-")))
  local function write(name, text)
    local file = dir .. "/" .. name
    assert(fs.mkdir(file:match "^(.*)/"))
    assert(fs.write(file, text, { sync = false }))
  end
  write(".git/HEAD", "")
  write("intent.yaml", [[
metadata: {name: shop}
environments: {dev: {}, prod: {}, preview: {}}
components:
  - {name: api, type: make, subscribe: {environments: [dev]}}
  - {name: app, type: node, subscribe: {environments: [dev]}}
  - {name: db, type: sql, subscribe: {environments: [dev]}}
]])
  write(".orun/plans/latest.json", [[{"metadata": {"name": "shop"}, "jobs": [
    {"id": "api@dev.build", "composition": "make"}, {"id": "api@dev.test"}, {"id": "db@prod.migrate"}]}]])
  write(".orun/plans/release.json", '{"metadata": {}, "jobs": [{}]}')
  write(".orun/executions/shop-1/metadata.json", '{"status": "completed", "jobTotal": 1, "startedAt": "2026-06-01T09:00:00Z"}')
  write(".orun/executions/shop-2/metadata.json", '{"status": "failed", "jobTotal": 1, "startedAt": "2026-06-01T10:00:00Z"}')
  write("home/commands/greet.lua", 'return { summary = "Greet: somebody", flags = { { name = "loud" } }, args = { { name = "who" } },\n'
    .. '  complete = function() return { "world", { "you", "whoever reads" } } end, run = function() end }\n')
end

-- Candidates for a line (everything after `orun `), and whether files are welcome.
local function offered(line)
  local r = program.run(dir, { "__complete", "--line", "orun " .. line }, { ORUN_HOME = dir .. "/home" })
  assert.equal(0, r.code, r.err)
  local values, files = {}, r.out:match ":(%a+)\n$" == "files"
  for text in r.out:gmatch "([^\n]*)\n" do
    if not text:find "^:" then values[#values + 1] = text:match "^[^\t]*" end
  end
  return values, files
end

local function has(list, ...)
  local set = {}
  for _, v in ipairs(list) do set[v] = true end
  for _, v in ipairs { ... } do
    if not set[v] then return false end
  end
  return true
end

describe("completion", function()
  setup(workspace)
  teardown(function() fs.remove_tree(dir) end)

  it("splits a line as a shell does", function()
    assert.same({ "orun", "a b", "c d", "e" }, completion.split [[orun "a b" c\ d e]])
    assert.same({ "orun", "" }, completion.split "orun ")
    assert.same({ "orun", "it's" }, completion.split [[orun "it's]])
    assert.same({ "x", "--a=b" }, completion.split "x\t  --a=b")
    assert.same({ "x", [[a"b\c]] }, completion.split [[x "a\"b\c"]])
  end)

  it("offers commands, also below groups, behind flags, and the user's", function()
    assert.same({ "status" }, (offered "st"))
    assert.is_true(has(offered "", "get", "greet", "help", "run", "plan"))
    assert.same({ "plans" }, (offered "get p"))
    assert.same({ "jobs" }, (offered "-i intent.yaml get --all j"))
    assert.same({ "greet" }, (offered "help gre"))
    assert.same({ "plans" }, (offered "help get p"))
    assert.same({}, (offered "nonsense "))
    assert.same({}, (offered "__"))
  end)

  it("offers flags that may still be given, and only those", function()
    local flags = offered "status --"
    assert.is_true(has(flags, "--watch", "--exec-id", "--intent", "--help"))
    assert.is_false(has(offered "status --watch --", "--watch"))
    assert.same({ "--detailed", "--debug" }, (offered "status --d"))
    assert.same({ "--loud" }, (offered "greet --l"))
    assert.is_false(has(offered "get -", "--plan"))
    assert.same({}, (offered "status -- --w"))
  end)

  it("offers values of flags: choices, names, files", function()
    assert.same({ "json", "yaml", "wide" }, (offered "get jobs -o "))
    assert.same({ "--output=json" }, (offered "get jobs --output=j"))
    assert.same({ "shop-2", "shop-1" }, (offered "status --exec-id "))
    assert.same({ "--exec-id=shop-2", "--exec-id=shop-1" }, (offered "logs --exec-id=sh"))
    assert.same({ "latest", "release" }, (offered "get jobs --plan "))
    assert.same({ "api@dev.build", "api@dev.test" }, (offered "logs --job api@"))
    assert.same({ "dev", "preview", "prod" }, (offered "plan --env "))
    assert.same({ "dev,preview", "dev,prod" }, (offered "plan --env dev,p"))
    assert.same({ "api", "app" }, (offered "plan --component a"))
    local values, files = offered "plan --intent "
    assert.same({}, values)
    assert.is_true(files)
    assert.is_false(select(2, offered "plan --name "))
  end)

  it("offers arguments", function()
    assert.same({ "api", "app", "db" }, (offered "get components "))
    assert.same({ "bash" }, (offered "completion b"))
    assert.same({ "make", "node", "sql" }, (offered "compositions explain "))
    assert.same({ "node" }, (offered "compositions list n"))
    assert.same({ "sql" }, (offered "compositions s"))
    assert.same({ "world", "you" }, (offered "greet "))
    assert.is_true(select(2, offered "lua x.lua "))
  end)

  it("is silent about what is broken", function()
    local broken = assert(fs.temporary "/tmp/orun-complete-")
    assert(fs.write(broken .. "/intent.yaml", "a: [b"))
    local r = program.run(broken, { "__complete", "--", "get", "components", "" })
    fs.remove_tree(broken)
    assert.equal(0, r.code)
    assert.equal(":words\n", r.out)
    assert.equal("", r.err)
  end)
end)

-- Runs a shell program in the workspace with `orun` in its PATH.
local function shell(argv, input)
  local env = process.environ()
  env.PATH = program.exe:match "^(.*)/" .. ":" .. env.PATH
  env.ORUN_HOME, env.HOME, env.TERM, env.CI = dir .. "/home", dir, "xterm", nil
  for _, name in ipairs { "ORUN_CONFIG_DIR", "CLICOLOR_FORCE" } do env[name] = nil end
  return assert(process.run { argv = argv, cwd = dir, env = env, stdin = input, merge = false })
end

local function lines(text)
  local list = {}
  for line in text:gmatch "[^\r\n]+" do list[#list + 1] = line end
  table.sort(list)
  return list
end

local function needs(name)
  if not process.which(name) then pending(name .. " is not installed; its completion was not tried") end
end

describe("completion in", function()
  local here = fs.cwd()
  setup(workspace)
  teardown(function() fs.remove_tree(dir) end)

  local function script(name)
    local r = program.run(dir, { "completion", name })
    assert.equal(0, r.code)
    local file = dir .. "/completion." .. name
    assert(fs.write(file, r.out))
    return file
  end

  it("bash offers candidates", function()
    needs "bash"
    local file = script "bash"
    -- What bash passes to a completion function: the line, and the part of its last word that will be replaced.
    local function offers(line, part)
      local r = shell { "bash", "--norc", "-c", [[
source "$1"; COMP_LINE=$2; COMP_POINT=${#2}; _orun orun "$3"; printf '%s\n' "${COMPREPLY[@]}"]], "bash", file, line, part }
      return lines(r.output)
    end
    assert.same({ "plans" }, offers("orun get p", "p"))
    assert.same({ "json", "wide", "yaml" }, offers("orun get jobs -o ", ""))
    assert.same({ "json", "wide", "yaml" }, offers("orun get jobs --output=", ""))
    assert.same({ "@dev.build", "@dev.test" }, offers("orun logs --job api@", "@"))
    assert.same({ "api@dev.build", "api@dev.test" }, offers("orun logs --job api@", "api@"))
    assert.same({ "world", "you" }, offers("orun greet ", ""))
  end)

  it("bash completes what is typed", function()
    needs "bash"
    needs "script"
    local file = script "bash"
    local function typed(text)
      local input = ("source %s\n%s\nexit\n"):format(file, text)
      local shown = shell({ "script", "-qec", "bash --norc --noprofile -i", "/dev/null" }, input).output:gsub("\7", "")
      repeat
        local n
        shown, n = shown:gsub("[^\b]\b", "") -- a character, and the cursor back over it
      until n == 0
      return shown
    end
    assert.truthy(typed("echo first; orun logs --job db\t"):find("orun logs --job db@prod.migrate", 1, true))
    assert.truthy(typed("orun logs --job api@dev.b\t"):find("orun logs --job api@dev.build", 1, true))
    assert.truthy(typed("orun get jobs --output=w\t"):find("orun get jobs --output=wide", 1, true))
    assert.truthy(typed("orun plan --intent int\t"):find("orun plan --intent intent.yaml", 1, true))
  end)

  it("zsh", function()
    needs "zsh"
    local file = script "zsh"
    local function offers(line)
      return lines(shell({ "zsh", "-f", here .. "/spec/support/capture.zsh", line, file }).output)
    end
    assert.same({ "plans" }, offers "orun get p")
    assert.same({ "--output=json", "--output=wide", "--output=yaml" }, offers "orun get jobs --output=")
    assert.same({ "api@dev.build", "api@dev.test" }, offers "orun logs --job api@")
    assert.same({ "world", "you" }, offers "orun greet ")
    assert.same({ "intent.yaml" }, offers "orun plan --intent inte")
    assert.is_true(has(offers "orun ", "get", "greet", "status"))
  end)

  it("fish", function()
    needs "fish"
    local file = script "fish"
    local function offers(line)
      local list = lines(shell({ "fish", "--no-config", "-c", 'source $argv[1]; complete -C "$argv[2]"', file, line }).output)
      for i, text in ipairs(list) do list[i] = text:match "^[^\t]*" end
      return list
    end
    assert.same({ "plans" }, offers "orun get p")
    assert.same({ "--output=json", "--output=wide", "--output=yaml" }, offers "orun get jobs --output=")
    assert.same({ "api@dev.build", "api@dev.test" }, offers "orun logs --job api@")
    assert.same({ "world", "you" }, offers "orun greet ")
    assert.same({ "intent.yaml" }, offers "orun plan --intent inte")
    assert.same({ "--intent=intent.yaml" }, offers "orun plan --intent=inte")
    assert.is_true(has(offers "orun ", "get", "greet", "status"))
  end)
end)
