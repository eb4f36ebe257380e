-- The functions of the template language by name. `and` and `or` are listed here for their argument counts; the evaluator, which
-- stops at the deciding argument, does what they do.
local collection = require "orun.template.collection"
local comparison = require "orun.template.comparison"
local escape = require "orun.template.escape"
local format = require "orun.template.format"
local kinds = require "orun.template.kind"
local printing = require "orun.template.printing"

local M = {}

---@class TemplateFunction
---@field least integer fewest arguments
---@field most? integer nil: no limit
---@field prints? boolean writes its arguments into a text
---@field format? boolean the first argument must be a string
---@field call? fun(...: any): any, string? a result, or nil and what is wrong

---@type table<string, TemplateFunction>
local functions = {
  ["and"] = { least = 1 },
  ["or"] = { least = 1 },
  ["not"] = { least = 1, most = 1, call = function(v) return not kinds.truth(v) end },
  eq = { least = 1, call = comparison.eq },
  ne = { least = 2, most = 2, call = comparison.ne },
  lt = { least = 2, most = 2, call = comparison.lt },
  le = { least = 2, most = 2, call = comparison.le },
  gt = { least = 2, most = 2, call = comparison.gt },
  ge = { least = 2, most = 2, call = comparison.ge },
  len = { least = 1, most = 1, call = collection.len },
  index = { least = 1, call = collection.index },
  slice = { least = 1, call = collection.slice },
  print = { least = 0, prints = true, call = printing.print },
  println = { least = 0, prints = true, call = printing.println },
  printf = { least = 1, prints = true, format = true, call = format.printf },
  html = { least = 0, prints = true, call = escape.html },
  js = { least = 0, prints = true, call = escape.js },
  urlquery = { least = 0, prints = true, call = escape.urlquery },
  -- Values are never functions.
  call = { least = 1, call = function(v) return nil, ("%s is not a function"):format(kinds.word(v)) end },
}

---@return string[] sorted
function M.names()
  local names = {}
  for name in next, functions do names[#names + 1] = name end
  table.sort(names)
  return names
end

---@param name string
---@return TemplateFunction?
function M.get(name) return functions[name] end

return M
