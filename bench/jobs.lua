-- 1,000 no-op jobs and a 20 x 50 layered graph at concurrency 4 (no isolation, no component cap, journal on) against a bare
-- posix_spawn loop and against ninja. Every runner starts `sh -c true` a thousand times.
local document = require "orun.plan.document"
local fs = require "host.fs"
local json = require "host.json"
local measure = require "bench.measure"
local process = require "host.process"
local reader = require "orun.plan.reader"
local value = require "host.value"
local exe = require("host.system").paths().exe

local function plan(name, layers, width)
  local jobs = value.list {}
  for layer = 1, layers do
    for i = 1, width do
      local component = ("c%02d-%03d"):format(layer, i)
      local needs = value.list {}
      if layer > 1 then needs[1] = ("c%02d-%03d@dev.run"):format(layer - 1, i) end
      if layer > 1 and width > 1 then needs[2] = ("c%02d-%03d@dev.run"):format(layer - 1, i % width + 1) end
      jobs[#jobs + 1] = {
        id = component .. "@dev.run", name = "run", component = component, environment = "dev",
        steps = value.list { { id = "noop", name = "noop", phase = "main", run = "true" } },
        dependsOn = #needs > 0 and needs or nil,
      }
    end
  end
  return json.encode({ apiVersion = "orun.io/v1", kind = "Plan", metadata = { name = name },
    execution = { concurrency = 4, failFast = true }, spec = {}, jobs = jobs }, { indent = 2 })
end

local function ninja(layers, width)
  local lines = { "rule noop", "  command = true", "" }
  for layer = 1, layers do
    for i = 1, width do
      local needs = layer > 1 and (" l%d-%d l%d-%d"):format(layer - 1, i, layer - 1, i % width + 1) or ""
      lines[#lines + 1] = ("build l%d-%d: noop%s"):format(layer, i, needs)
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

local function compare(dir, name, layers, width)
  local file = ("%s/%s.json"):format(dir, name)
  assert(fs.write(file, plan(name, layers, width)))
  assert(fs.write(file, document.encode(reader.read(file)))) -- as `orun plan` writes it, with its checksum
  assert(fs.write(("%s/%s.ninja"):format(dir, name), ninja(layers, width)))
  local count = layers * width
  local function fresh()
    assert(fs.remove_tree(dir .. "/.orun"))
    fs.remove(dir .. "/.ninja_log")
    fs.remove(dir .. "/.ninja_deps")
  end
  measure.report(("%s: %d jobs, concurrency 4"):format(name, count), measure.compare({
    { name = "posix_spawn loop", argv = { dir .. "/spawn", tostring(count), "4", "sh", "-c", "true" }, cwd = dir },
    { name = "ninja", argv = { "ninja", "-f", name .. ".ninja", "-j4", "--quiet" }, cwd = dir, before = fresh },
    { name = "orun run", argv = { exe, "run", "./" .. name .. ".json", "--concurrency", "4", "--component-concurrency", "0",
      "--isolation", "none" }, cwd = dir, before = fresh },
  }, { runs = 9 }), "1.2 x the loop, 1.05 x ninja")
end

return function()
  local dir = assert(fs.temporary("/tmp/orun-bench-"))
  local cc = assert(process.run { argv = { "cc", "-O2", "-o", dir .. "/spawn", "bench/spawn.c" } })
  assert(cc.code == 0, cc.output)
  compare(dir, "independent", 1, 1000)
  compare(dir, "layered", 20, 50)
  fs.remove_tree(dir)
end
