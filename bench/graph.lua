-- The same graphs of small commands in the forms of several programs. A graph is `layers` rows of `width` commands; each needs the one
-- above it and the one beside that.
local document = require "orun.plan.document"
local fs = require "host.fs"
local json = require "host.json"
local reader = require "orun.plan.reader"
local value = require "host.value"

local M = {}

---@class BenchGraph
---@field name string
---@field layers integer
---@field width integer
---@field command string  of every job
---@field first? string   of the first one, if it is another
---@field bare? string    what the bare loop runs in its place

---@param graph BenchGraph
---@return integer
function M.count(graph)
  return graph.layers * graph.width
end

-- Calls fn(index, name, names of what it needs, command) for each command, in order.
local function each(graph, fn)
  local index = 0
  local function name(layer, i) return ("c%03d-%05d"):format(layer, i) end
  for layer = 1, graph.layers do
    for i = 1, graph.width do
      index = index + 1
      local needs = {}
      if layer > 1 then needs[1] = name(layer - 1, i) end
      if layer > 1 and graph.width > 1 then needs[2] = name(layer - 1, i % graph.width + 1) end
      fn(index, name(layer, i), needs, index == 1 and graph.first or graph.command)
    end
  end
end

---Writes DIR/NAME.json as `orun plan` would, with its checksum.
---@param dir string
---@param graph BenchGraph
function M.plan(dir, graph)
  local jobs = value.list {}
  each(graph, function(index, name, needs, command)
    for k, needed in ipairs(needs) do needs[k] = needed .. "@dev.run" end
    jobs[index] = {
      id = name .. "@dev.run", name = "run", component = name, environment = "dev",
      steps = value.list { { id = "step", name = "step", phase = "main", run = command } },
      dependsOn = #needs > 0 and value.list(needs) or nil,
    }
  end)
  local file = ("%s/%s.json"):format(dir, graph.name)
  assert(fs.write(file, json.encode({
    apiVersion = "orun.io/v1", kind = "Plan", metadata = { name = graph.name }, execution = { concurrency = 4, failFast = true }, spec = {},
    jobs = jobs,
  })))
  assert(fs.write(file, document.encode(reader.read(file))))
end

---Writes DIR/NAME.ninja and DIR/NAME.mk.
---@param dir string
---@param graph BenchGraph
function M.build_files(dir, graph)
  local ninja, make, all = { "rule run", "  command = $cmd", "" }, {}, {}
  each(graph, function(index, name, needs, command)
    local plain = command:gsub("%$", "$$")
    ninja[#ninja + 1] = ("build %s: run%s\n  cmd = %s"):format(name, #needs > 0 and " " .. table.concat(needs, " ") or "", plain)
    make[#make + 1] = ("%s: %s\n\t@sh -c '%s'"):format(name, table.concat(needs, " "), plain)
    all[index] = name
  end)
  table.insert(make, 1, "MAKEFLAGS += -rR\nall: " .. table.concat(all, " ") .. "\n.PHONY: all " .. table.concat(all, " "))
  assert(fs.write(("%s/%s.ninja"):format(dir, graph.name), table.concat(ninja, "\n") .. "\n"))
  assert(fs.write(("%s/%s.mk"):format(dir, graph.name), table.concat(make, "\n") .. "\n"))
end

---Makes DIR a workspace of turbo and of moon.
---@param dir string
---@param graph BenchGraph
function M.workspace(dir, graph)
  local function write(name, bytes)
    fs.mkdir((dir .. "/" .. name):match("^(.*)/"))
    assert(fs.write(dir .. "/" .. name, bytes, { sync = false }))
  end
  write("package.json", '{"name": "bench", "private": true, "packageManager": "npm@10.0.0", "workspaces": ["packages/*"]}\n')
  write("turbo.json", '{"tasks": {"noop": {"cache": false, "dependsOn": ["^noop"]}}}\n')
  write(".moon/workspace.yml", "projects: ['packages/*']\n")
  each(graph, function(_, name, needs, command)
    local dependencies, tasks = {}, {}
    for k, needed in ipairs(needs) do dependencies[needed], tasks[k] = "*", needed .. ":noop" end
    write(("packages/%s/package.json"):format(name), json.encode {
      name = name, version = "1.0.0", scripts = { noop = command }, dependencies = next(dependencies) and dependencies or nil,
    })
    write(("packages/%s/moon.yml"):format(name), ("tasks: {noop: {command: '%s', deps: [%s], options: {cache: false}}}\n"):format(
      command, table.concat(tasks, ", ")))
  end)
end

return M
