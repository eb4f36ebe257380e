-- `orun lua bench/stages.lua DIRECTORY`: milliseconds of processor time and growth of the heap by stage of one cold compilation, and what
-- the bare parts of loading cost.
local cwd = arg[1]

local function report(name, seconds, kib)
  print(("  %-34s %10.1f %10.1f"):format(name, seconds * 1000, kib / 1024))
end

local function timed(name, fn, ...)
  local before, started = collectgarbage "count", os.clock()
  local results = table.pack(fn(...))
  report(name, os.clock() - started, collectgarbage "count" - before)
  return table.unpack(results, 1, results.n)
end

local function bare()
  local fs, yaml = require "host.fs", require "host.yaml"
  local entries = timed("(bare) walk", fs.walk, cwd .. "/services", { names = { "component.yaml" }, stat = true })
  local texts = timed("(bare) read", function()
    local out = {}
    for i, entry in ipairs(entries) do out[i] = fs.read(cwd .. "/services/" .. entry.path) end
    return out
  end)
  timed("(bare) libyaml", function()
    for i, text in ipairs(texts) do texts[i] = yaml.read(text, "component.yaml") end
  end)
end

local function stages()
  local report_errors = require("orun.diagnostic").collector {}
  local expand, normalize, load
  timed("modules", function()
    load, normalize, expand = require "orun.compiler.load", require "orun.compiler.normalize", require "orun.compiler.expand"
    for _, name in ipairs { "orun.compiler.bind", "orun.compiler.resolve", "orun.compiler.materialize", "orun.policy",
      "orun.composition", "orun.composition.parameters" } do
      require(name)
    end
  end)
  local started = os.clock()
  local pace <close> = require("orun.compiler.heap").relax()
  local loaded = timed("load", load, { cwd = cwd }, report_errors)
  local model = timed("normalize (and schemas)", normalize, loaded, report_errors)
  local expansion = timed("expand", expand, model, loaded.registry, {}, report_errors)
  local jobs = timed("bind", require "orun.compiler.bind", expansion.instances, report_errors)
  jobs = timed("resolve", require "orun.compiler.resolve", jobs, expansion, model, report_errors)
  timed("policies", require("orun.policy").enforce, jobs, expansion, model, loaded, report_errors)
  report_errors:check()
  local _, encoded = timed("materialize", require("orun.compiler.materialize").plan, jobs, model, loaded.registry, {})
  timed("write", require("host.fs").write, cwd .. "/plan.json", encoded)
  report("all stages", os.clock() - started, collectgarbage "count")
  pace:check()
end

stages()
collectgarbage()
bare()
