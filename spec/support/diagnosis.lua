-- Cases that provoke diagnostics: files and a command in, what the program says as data out.
--
-- A case is { kind, fields ... }. The character ‸ in one of its texts stands where the diagnostic must point; it is taken out. Fields:
--   place    where it points when there is no such character: a file alone; nowhere by default
--   intent   text after the standard head of intent.yaml (a source `kit` that exports the type `sh`, the environment dev)
--   files    texts by path; false leaves a standard file out
--   argv     words of the command, default { "plan" }
--   env      variables
--   cwd      directory to start in, relative
--   setup    function(root, run) called before; run(words, env) runs the program there; what it returns is called afterwards
--   call     function() that raises the Failure itself, where no command can be brought to do so
--   also     other kinds that are reported together with this one, in order (errors and warnings)
--   warning  it is a warning
--   hint     what it advises
--   stdout   file that standard output goes to
local fs = require "host.fs"
local json = require "host.json"
local process = require "host.process"
local program = dofile "spec/support/program.lua"
local sources = dofile "spec/support/sources.lua"

local M = {}

local mark = "@@diagnostics "

M.head = sources.intent .. "environments: {dev: }\n"

---A component of the standard intent, subscribed to dev.
---@param fields? string
function M.component(fields)
  return "components:\n  - {name: web, type: sh, subscribe: {environments: [dev]}" .. (fields and ", " .. fields or "") .. "}\n"
end

local function files_of(case)
  local files = {
    ["intent.yaml"] = M.head .. (case.intent or M.component()), ["kit/stack.yaml"] = sources.stack,
    ["kit/compositions/sh/composition.yaml"] = sources.composition "sh",
  }
  for name, text in next, case.files or {} do files[name] = text end
  return files
end

local pointer = "‸"

---Takes the pointer out of the texts. Returns where it stood.
local function take_pointer(files)
  for name, text in next, files do
    local at = text and text:find(pointer, 1, true)
    if at then
      local before = text:sub(1, at - 1)
      local _, lines = before:gsub("\n", "")
      files[name] = before .. text:sub(at + #pointer)
      return ("%s:%d:%d"):format(name, lines + 1, utf8.len(before:match "[^\n]*$") + 1)
    end
  end
end

---Where a case must point, `file:line:column` or less; nil when nowhere.
---@param case table
---@return string?
function M.expected(case)
  return take_pointer(files_of(case)) or case.place
end

---The platform of a case.
local function build(case)
  local files = files_of(case)
  take_pointer(files)
  local p = sources.new(files)
  for name, text in next, case.files or {} do
    if not text then fs.remove(p.root .. "/" .. name) end
  end
  return p
end

local function observe(p, case)
  local words = { program.exe, "lua", fs.cwd() .. "/spec/support/observer.lua", mark }
  table.move(case.argv or { "plan" }, 1, #(case.argv or { 1 }), #words + 1, words)
  local cwd = p.root .. (case.cwd and "/" .. case.cwd or "")
  if case.stdout then words = { "/bin/sh", "-c", 'exec "$@" > ' .. case.stdout, "sh", table.unpack(words) } end
  return assert(process.run { argv = words, cwd = cwd, env = program.environment(case.env), merge = false })
end

---@class Diagnosis
---@field code integer
---@field errors Diagnostic[]
---@field warnings Diagnostic[]
---@field output string

local function call(case)
  local ok, failure = pcall(case.call)
  assert(not ok, "nothing was raised")
  return { code = failure.exit, errors = failure.errors, warnings = failure.warnings, output = tostring(failure) }
end

---@param case table
---@return Diagnosis
function M.run(case)
  if case.call then return call(case) end
  local p = build(case)
  local teardown = case.setup and case.setup(p.root, function(words, env) return program.run(p.root, words, env) end)
  local result = observe(p, case)
  if teardown then teardown() end
  local found = { code = result.code, errors = {}, warnings = {}, output = (result.output or "") .. (result.errors or "") }
  for text in found.output:gmatch(mark .. "([^\n]*)") do
    -- Nothing on the page may depend on where the platform stood.
    local all = assert(json.decode((text:gsub(p.root:gsub("%p", "%%%0"), "/platform"))))
    for _, list in ipairs { "errors", "warnings" } do table.move(all[list], 1, #all[list], #found[list] + 1, found[list]) end
  end
  sources.clean()
  return found
end

---`file:line:column`, as far as known.
---@param d Diagnostic
---@return string?
function M.place(d)
  if not d.file then return nil end
  return d.file .. (d.line and ":" .. d.line or "") .. (d.column and ":" .. d.column or "")
end

---All cases, by area, sorted by file name.
---@return table[]
function M.cases()
  local list = {}
  local names = assert(fs.list "spec/diagnostic/cases")
  table.sort(names)
  for _, name in ipairs(names) do
    local cases = dofile("spec/diagnostic/cases/" .. name)(M, sources)
    table.move(cases, 1, #cases, #list + 1, list)
  end
  return list
end

return M
