-- docs/errors.md from the catalogue and what the cases really print. `orun lua spec/diagnostic/page.lua` (make docs) writes it.
local catalogue = require "orun.diagnostic.catalogue"
local diagnosis = dofile "spec/support/diagnosis.lua"
local fs = require "host.fs"
local sorted = require "orun.util.sorted"

local M = { file = "docs/errors.md" }

local intro = [[
# Errors and warnings

Every problem has a kind, a stable name that `--json` gives beside the message, the file, the line and the column. Below are all of them:
what each one means, what to do, and what it looks like. Errors end the command with exit code 1 (a wrong command line with 2). Warnings
do not; `--strict` of plan, run and validate makes them errors. Several mistakes are reported together, sorted by file and line.

```
error: duplicate component name: web
  --> intent.yaml:5:12
 5 │   - {name: web, type: sh}
   │            ^
hint: the first one stands at intent.yaml:4
```

With `--json` standard output holds `{"errors": [...], "warnings": [...]}` instead, each entry with `kind`, `message` and, where known,
`file`, `line`, `column`, `path` (the way to the value) and `hint`. A mistake in a function of a composition is one entry, however many
components and environments it concerns; `instances` has them all, as `{"component": ..., "environment": ...}`.

This page is made by `make docs`.
]]

-- What would differ from one machine to the next is left out of examples.
local function steady(text)
  return (text:gsub("(git[^:]* failed): .*", "%1: ..."):gsub("(cannot be found): .*", "%1: ..."):gsub("\n.*", ""):gsub("%(pid %d+%)",
    "(pid 4711)"):gsub("sha256:%x+", "sha256:...")
    :gsub("plan %x%x%x%x%x%x%x%x%x%x%x%x$", "plan 1f0c5d3a9e27"))
end

---@param case table
---@param found Diagnosis
---@return string? line
function M.example(case, found)
  for _, d in ipairs(case.warning and found.warnings or found.errors) do
    if d.kind == case[1] then
      local place = diagnosis.place(d)
      return ("%s: %s%s"):format(case.warning and "warning" or "error", place and place .. ": " or "", steady(d.message))
    end
  end
end

---@param examples table<string, string[]> lines by kind
---@return string
function M.text(examples)
  local parts = { intro }
  for _, area in ipairs(catalogue.areas) do
    parts[#parts + 1] = ("\n## %s\n"):format(area.title)
    for name, entry in sorted.pairs(catalogue.kinds) do
      if name:match "^%l+" == area.name then
        parts[#parts + 1] = ("\n### %s\n\n%s\n\n**Remedy:** %s\n"):format(name, entry.cause, entry.remedy)
        local lines = examples[name]
        if lines then parts[#parts + 1] = ("\n```\n%s\n```\n"):format(table.concat(lines, "\n")) end
      end
    end
  end
  return table.concat(parts)
end

---Adds the example of a case, each line once.
---@param examples table<string, string[]>
---@param case table
---@param found Diagnosis
function M.add(examples, case, found)
  local line = M.example(case, found)
  local list = examples[case[1]] or {}
  examples[case[1]] = list
  for _, known in ipairs(list) do
    if known == line then return end
  end
  list[#list + 1] = line
end

if arg and arg[0] and arg[0]:find("diagnostic/page.lua", 1, true) then
  local examples = {}
  for _, case in ipairs(diagnosis.cases()) do M.add(examples, case, diagnosis.run(case)) end
  assert(fs.write(M.file, M.text(examples)))
end

return M
