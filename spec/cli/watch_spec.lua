-- `orun status --watch` on a terminal: frames that fit, whatever its size, and a terminal that is in order afterwards.
local executions = dofile "spec/support/executions.lua"
local fs = require "host.fs"
local process = require "host.process"
local program = dofile "spec/support/program.lua"

local store
local has_script = os.execute "command -v script >/dev/null 2>&1"

-- A run of another machine, of which nobody here can say that it is gone: it goes on for ever.
local function add_run(jobs)
  local plan = { metadata = { name = "shop" }, jobs = {} }
  local records = {
    { "run.started", execId = "shop-1", planChecksum = "", jobs = jobs, runner = "local", concurrency = 2, host = "elsewhere" },
  }
  for i = 1, jobs do
    local component = ("c%03d"):format(i)
    local id = component .. "@dev.build"
    plan.jobs[i] = { id = id, component = component, environment = "dev", steps = { { id = "make" } } }
    if i <= 3 or i == 40 then records[#records + 1] = { "job.started", job = id, attempt = 1 } end
    if i <= 2 then records[#records + 1] = { "job.finished", job = id, status = "completed" } end
    if i == 3 then records[#records + 1] = { "job.finished", job = id, status = "failed", error = "step make: exit status 1" } end
  end
  store:add("shop-1", { plan = plan })
  store:record("shop-1", records)
end

-- Types what `feed` (a script of the shell) says at a terminal in which the watch runs; what was written to that terminal.
local function watched(size, feed)
  if not has_script then pending "needs the program script (util-linux) for a pseudo terminal" end
  local inner = ("trap : INT; stty %s; tty > tty; stty -g > before; '%s' status --watch; echo rc=$?; stty -g > after; echo over"):format(
    size, program.exe)
  assert(fs.write(store.root .. "/inner", inner .. "\n"))
  local outer = [[
    await() { until grep -qs "$1" typescript; do sleep 0.05; done; }
    { %s; await over; } | script -qefc 'sh inner' typescript >/dev/null
  ]]
  local child = assert(process.start {
    argv = { "sh", "-c", outer:format(feed) }, cwd = store.root, env = program.environment { NO_COLOR = "1" }, output = "capture",
    timeout = 60,
  })
  child:wait()
  local text = assert(fs.read(store.root .. "/typescript")):gsub("\r", ""):gsub("^Script started[^\n]*\n", "")
  assert.equal(fs.read(store.root .. "/before"), fs.read(store.root .. "/after"))
  assert.truthy(text:find("\27[?25l", 1, true), text)
  assert.truthy(text:find("\27%[%?25h\nrc="), text)
  return text
end

-- The frames, in order.
local function frames(text)
  local list = {}
  for frame in text:gmatch "\27%[H\27%[J([^\27]*)" do list[#list + 1] = frame end
  return list
end

local function lines_of(frame)
  local list = {}
  for line in frame:gmatch "([^\n]*)\n" do list[#list + 1] = line end
  return list
end

describe("orun status --watch on a terminal", function()
  before_each(function() store = executions.new() end)
  after_each(function() store:close() end)

  it("shows what fits, what runs first, and ends by q", function()
    add_run(60)
    local text = watched("rows 18 cols 60", "await 'more components'; printf q")
    assert.truthy(text:find("\nrc=0\n", 1, true), text)
    local lines = lines_of(frames(text)[1])
    assert.equal(17, #lines, text)
    for _, line in ipairs(lines) do assert.truthy(utf8.len(line) <= 59, line) end
    local frame = frames(text)[1]
    assert.truthy(frame:find("\n  Run: shop-1 · State: running · Duration: ", 1, true), frame)
    assert.truthy(frame:find("\n  ● c040\n  │  └─ ◐ build  running", 1, true), frame)
    assert.truthy(frame:find("\n  ● c003\n  │  └─ ✗ build  ", 1, true), frame)
    assert.truthy(frame:find("\n  … %d+ more components\n$"), frame)
  end)

  it("follows the size of the terminal", function()
    add_run(60)
    local text = watched("rows 14 cols 40", [[
      await 'more components'; stty rows 30 cols 90 < $(cat tty); await 'running · Duration'; printf q]])
    local all = frames(text)
    assert.equal(13, #lines_of(all[1]), text)
    assert.equal(29, #lines_of(all[#all]), text)
  end)

  it("ends by Ctrl-C as other programs do", function()
    add_run(2)
    assert.truthy(watched("rows 24 cols 80", "await 'State'; printf '\\003'"):find("\nrc=130\n", 1, true))
  end)

  it("shows the whole of a run that is over", function()
    add_run(60)
    store:record("shop-1", { { "run.finished", status = "failed" } })
    local text = watched("rows 14 cols 40", "true")
    assert.truthy(text:find("\nrc=0\n", 1, true), text)
    assert.truthy(text:find("○ c060\n     └─ ○ build  not started\n", 1, true), text)
  end)
end)
