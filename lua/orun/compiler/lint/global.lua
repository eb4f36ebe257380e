-- Globals: names that a file reads although nothing defines them, and names that it writes.
local place = require "orun.intent.place"
local sandbox = require "orun.sandbox"
local sorted = require "orun.util.sorted"
local suggestion = require "orun.util.suggestion"

---Names that the files of a package may read.
---@param inside string file of the sandbox that says what there is
local function known(subject, inside)
  local set = {}
  local box = sandbox.open { directory = subject.piece.root, name = subject.package.name, inside = inside }
  for _, name in ipairs(assert(box:load "")) do set[name] = true end
  return set
end

local spec_names = { "describe", "context", "it", "test", "pending", "before_each", "after_each", "compile" }

---@param subject LintSubject
---@param report table
return function(subject, report)
  local library = known(subject, "library")
  local in_specs = setmetatable({}, { __index = library })
  for _, name in ipairs(spec_names) do in_specs[name] = true end
  for file, chunk in sorted.pairs(subject.chunks) do
    local names, seen = file:find "_spec%.lua$" and in_specs or library, {}
    for _, global in ipairs(chunk.globals) do
      local own = global.name .. (global.written and "=" or "")
      if (global.written or not names[global.name]) and not seen[own] then
        seen[own] = true
        report:warn(place.mark(subject:line(file, global.line), {
          kind = "lint.global",
          message = global.written and ("it sets the global %s"):format(global.name)
            or ("it reads the global %s, which nothing defines"):format(global.name),
          hint = global.written and ("write local %s"):format(global.name) or suggestion.hint(global.name, sorted.keys(library)),
        }))
      end
    end
  end
end
