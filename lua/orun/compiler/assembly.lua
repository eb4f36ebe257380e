-- One function that makes all steps of a job from its rendered texts, for recipes that many jobs share: everything else about the steps
-- is the same each time.
local sorted = require "orun.util.sorted"
local value = require "host.value"

local M = {}

-- Values and texts that a function of ours may have, with room to spare.
local VALUES, TEXTS = 150, 60

---@class Assembly
---@field values any[] what stays the same
---@field names string[] their variables
local Assembly = {}
Assembly.__index = Assembly

---The variable of a value.
function Assembly:constant(v)
  local n = #self.values + 1
  self.values[n] = v
  self.names[n] = "f" .. n
  return self.names[n]
end

-- A table constructor for a map; `given` has the expressions of what does not stay the same.
function Assembly:map(map, given)
  local fields = {}
  for key, v in sorted.pairs(map) do
    fields[#fields + 1] = ("[%q] = %s"):format(key, given[key] or self:constant(v))
  end
  return "{ " .. table.concat(fields, ", ") .. " }"
end

-- Without texts a step is shared as it is; a text that came out empty is left out of it.
---@param made StepRecipe
function Assembly:step(made)
  if #made.texts == 0 and #made.maps == 0 then return self:constant(made.step) end
  local given = {}
  for _, text in ipairs(made.texts) do given[text.field] = ('t%d ~= "" and t%d or nil'):format(text.index, text.index) end
  for _, map in ipairs(made.maps) do
    local texts = {}
    for _, text in ipairs(map.texts) do texts[text.field] = "t" .. text.index end
    given[map.field] = self:map(made.bound[map.field], texts)
  end
  return ("setmetatable(%s, %s)"):format(self:map(made.step, given), self:constant(getmetatable(made.step)))
end

-- Factories by source text: recipes of one structure share them.
local factories = {}

---@param recipes StepRecipe[]
---@param count integer texts
---@return (fun(...: string?): table[]?)? assemble makes the steps of the texts, if there are any; nil when there are too many
function M.of(recipes, count)
  local self, steps, texts = setmetatable({ values = {}, names = {} }, Assembly), {}, {}
  for i, made in ipairs(recipes) do steps[i] = self:step(made) end
  for i = 1, count do texts[i] = "t" .. i end
  if count == 0 or count > TEXTS or #self.values > VALUES then return nil end
  local list = table.concat(texts, ", ")
  local source = ("local setmetatable, list, %s = ... return function(%s) return t1 and list { %s } end"):format(
    table.concat(self.names, ", "), list, table.concat(steps, ", "))
  factories[source] = factories[source] or assert(load(source, "=assembly", "t", {}))
  return factories[source](setmetatable, value.list, table.unpack(self.values, 1, #self.names))
end

return M
