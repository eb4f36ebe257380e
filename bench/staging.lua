-- A tree of its own for each job: 50 jobs that do nothing, one after the other, in workspaces of 20 and of 20,000 files, against the same
-- jobs in the workspace itself. What a view costs should not depend on the number of files; `cp -a` shows what a copy would.
local fs = require "host.fs"
local graphs = require "bench.graph"
local measure = require "bench.measure"
local exe = require("host.system").paths().exe

local count = 50

local function fill(dir, files)
  for i = 0, files - 1 do
    local folder = ("%s/src/%03d"):format(dir, i // 100)
    if i % 100 == 0 then assert(fs.mkdir(folder)) end
    assert(fs.write(("%s/%05d.txt"):format(folder, i), ("line %d\n"):format(i):rep(20), { sync = false }))
  end
end

local function compare(files)
  local dir = assert(fs.temporary("/tmp/orun-bench-staging-"))
  local workspace = dir .. "/workspace"
  assert(fs.mkdir(workspace))
  fill(workspace, files)
  graphs.plan(workspace, { name = "staging", layers = 1, width = count, command = "true" })
  local function orun(mode)
    return { exe, "run", "./staging.json", "--concurrency", "1", "--component-concurrency", "0", "--isolation", mode }
  end
  local function fresh()
    assert(fs.remove_tree(workspace .. "/.orun"))
    assert(fs.remove_tree(dir .. "/copy"))
  end
  local rows = measure.compare({
    { name = "orun run --isolation none", argv = orun "none", cwd = workspace, before = fresh },
    { name = "orun run --isolation workspace", argv = orun "workspace", cwd = workspace, before = fresh },
    { name = "cp -a, once", argv = { "cp", "-a", workspace .. "/src", dir .. "/copy" }, before = fresh },
  }, { runs = 5 })
  measure.report(("staging: %d jobs, %d files"):format(count, files), rows)
  print(("  per job: %.2f ms, %.2f ms of them CPU  (aim: under 5 ms)"):format(
    (rows[2].seconds - rows[1].seconds) * 1000 / count, (rows[2].cpu - rows[1].cpu) * 1000 / count))
  fs.remove_tree(dir)
end

return function()
  compare(20)
  compare(20000)
end
