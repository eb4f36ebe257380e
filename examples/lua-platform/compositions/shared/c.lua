-- C code: flags and the parameters that say which.
local orun = require "orun"
local s = orun.schema

local M = {}

M.parameters = {
  optimize = s.enum { "none", "size", "speed", default = "none", description = "what the compiler aims at" },
  warnings = s.array(s.string { pattern = "^-W" }, { default = { "-Wall" }, description = "warnings of the compiler" }),
  assertions = s.boolean { default = true, description = "assert() is checked" },
}

local levels = { none = { "-O0", "-g" }, size = { "-Os" }, speed = { "-O2", "-g" } }

---The flags as a list of words.
---@param p table parameters
---@return string[]
function M.flags(p)
  local flags = { table.unpack(levels[p.optimize]) }
  if not p.assertions then flags[#flags + 1] = "-DNDEBUG" end
  for _, warning in ipairs(p.warnings) do flags[#flags + 1] = warning end
  return flags
end

---The flags as one word, for make.
---@param p table
---@return string
function M.cflags(p)
  return "CFLAGS=" .. table.concat(M.flags(p), " ")
end

---A schema of parameters that knows those above too.
---@param own table<string, orun.Schema>
---@return orun.Schema
function M.schema(own)
  return s.object(orun.merge(M.parameters, own), { additionalProperties = false })
end

return M
