-- State that functions keep between calls would make plans depend on the order in which jobs are made. Everything is compiled forwards,
-- backwards, and every second one only, each time in fresh sandboxes; all have to agree.
local compiler = require "orun.compiler"
local diagnostic = require "orun.diagnostic"
local json = require "host.json"
local path = require "orun.util.path"
local place = require "orun.intent.place"
local lint = require "orun.compiler.lint"
local sample = require "orun.compiler.sample"
local sorted = require "orun.util.sorted"
local workshop = require "orun.composition.workshop"

local fields = { "runsOn", "timeout", "env", "labels", "outputs", "steps" }

local arrangements = {
  reverse = function(list)
    local out = {}
    for i = #list, 1, -1 do out[#out + 1] = list[i] end
    return out
  end,
  filtered = function(list)
    local out = {}
    for i = 1, #list, 2 do out[#out + 1] = list[i] end
    return out
  end,
}

---The texts of a job, by its id.
local function texts_of(jobs)
  local texts, by_id = {}, {}
  for _, job in ipairs(jobs) do
    local parts = {}
    for i, field in ipairs(fields) do parts[i] = json.encode(job[field] == nil and "" or job[field], { canonical = true }) end
    texts[job.id], by_id[job.id] = parts, job
  end
  return texts, by_id
end

---The first field in which the same job differs.
local function difference(a, b)
  for i, field in ipairs(fields) do
    if a[i] ~= b[i] then return field end
  end
end

---@param name string of the arrangement
local function compare(forward, jobs, name, reported, report)
  local texts = texts_of(jobs)
  local expected, by_id = texts_of(forward)
  for id, parts in sorted.pairs(texts) do
    local field = expected[id] and difference(expected[id], parts)
    local job = by_id[id]
    local composition = job and job.instance.composition
    if field and not reported[composition.key] then
      reported[composition.key] = true
      report:warn(place.mark(composition.place, {
        kind = "lint.order",
        message = ("%s of %s come out differently when jobs are made in another order (%s)"):format(field, id, name),
        hint = "functions of ctx must not keep anything from one call for the next",
      }))
    end
  end
end

---@param make fun(arrange?: function): table[] jobs from fresh sandboxes
local function check(make, reported, report)
  local ok, forward = pcall(make)
  if not ok then
    if diagnostic.is(forward) then return forward end
    error(forward, 0)
  end
  for name, arrange in sorted.pairs(arrangements) do
    local done, jobs = pcall(make, arrange)
    if done then compare(forward, jobs, name, reported, report) elseif not diagnostic.is(jobs) then error(jobs, 0) end
  end
end

---Components made up for the package's types.
local function invented(subject)
  return function(arrange)
    local registry = workshop.open(subject.piece.root, diagnostic.collector(), subject.display)
    local samples = {}
    for _, composition in ipairs(subject.compositions) do
      local own = lint.samples(composition)
      table.move(own, 1, #own, #samples + 1, samples)
    end
    return sample.bind(registry, samples, diagnostic.collector(), arrange)
  end
end

---@param subject LintSubject
---@param report table
return function(subject, report)
  local reported = {}
  check(invented(subject), reported, report)
  for _, intent in ipairs(subject.examples) do
    local failure = check(function(arrange)
      local _, _, jobs = compiler.bound({ intent = intent, cwd = path.dirname(intent), all = true }, diagnostic.collector(), arrange)
      return jobs
    end, reported, report)
    if failure then
      local first = failure.errors[1]
      local file = first.file and subject.display(path.join(path.dirname(intent), first.file))
      report:warn {
        kind = "lint.example", message = ("the example %s does not compile: %s"):format(subject.display(intent), first.message),
        file = file, line = first.line, column = first.column, source = first.source, hint = first.hint,
      }
    end
  end
end
