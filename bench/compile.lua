-- Compiling a generated platform (bench/platform.lua): whole commands against reading the same files with `cat`, the split by stage,
-- and how the time grows from 1,000 to 10,000 components.
local fs = require "host.fs"
local measure = require "bench.measure"
local platform = require "bench.platform"
local process = require "host.process"
local exe = require("host.system").paths().exe

local function command(name, root, ...)
  return { name = name, argv = { exe, ... }, cwd = root }
end

local function cat(files)
  return { name = ("cat of %d manifests"):format(#files), argv = { "cat", table.unpack(files) } }
end

local function plan(root)
  return command("orun plan -o FILE", root, "plan", "--output", root .. "/plan.json")
end

---Runs in a process of its own, so that nothing is warm that is not in a command.
local function stages(root)
  print(("\nby stage%36s %10s"):format("cpu ms", "heap MB"))
  local r = assert(process.run { argv = { exe, "lua", "bench/stages.lua", root } })
  assert(r.code == 0, r.output)
  io.write(r.output)
end

local function commands(root, files)
  -- `get jobs` reads the plan that was stored last.
  local stored = assert(process.run { argv = { exe, "plan" }, cwd = root, output = "null" })
  assert(stored.code == 0)
  local rows = measure.compare({
    cat(files), plan(root),
    command("orun validate", root, "validate"),
    command("orun get components", root, "get", "components"),
    command("orun get jobs", root, "get", "jobs"),
    command("orun plan of one component", root, "plan", "component-00005", "--output", root .. "/one.json"),
  }, { runs = 5 })
  measure.report("compile: 1,000 components x 3 environments = 3,000 jobs", rows, "plan 200 ms, 60 MB; the others well under it")
  stages(root)
  return rows[2].seconds
end

---The same plans from compositions in Lua: what sandbox, copies and functions of ctx cost beside templates.
local function languages(yaml, lua)
  local in_lua = plan(lua)
  in_lua.name = "compositions in Lua"
  local in_yaml = plan(yaml)
  in_yaml.name = "compositions in YAML"
  local rows = measure.compare({ in_yaml, in_lua }, { runs = 9 })
  measure.report("compile: 3,000 jobs, compositions in YAML and in Lua", rows, "Lua at most 1.5 times YAML")
  print(("  cpu(Lua) / cpu(YAML) = %.2f  (aim: at most 1.5)"):format(rows[2].cpu / rows[1].cpu))
end

local function growth(root, files, small)
  local rows = measure.compare({ cat(files), plan(root) }, { runs = 1 })
  measure.report("compile: 10,000 components x 3 environments = 30,000 jobs", rows)
  print(("  time(10,000) / time(1,000) = %.1f  (aim: at most 12)"):format(rows[2].seconds / small))
end

return function()
  local root <close> = setmetatable({ path = assert(fs.temporary("/tmp/orun-bench-")) }, {
    __close = function(self) fs.remove_tree(self.path) end,
  })
  local small, large, lua = root.path .. "/small", root.path .. "/large", root.path .. "/lua"
  local seconds = commands(small, platform.write(small, 1000))
  platform.write(lua, 1000, "lua")
  languages(small, lua)
  growth(large, platform.write(large, 10000), seconds)
end
