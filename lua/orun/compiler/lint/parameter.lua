-- Parameters that a schema offers and nothing uses.
local place = require "orun.intent.place"
local sorted = require "orun.util.sorted"

-- A name may be put together: lintCommand of `name .. "Command"`. Shorter pieces would excuse everything.
local shortest_piece = 4

local function is_pieced(name, strings)
  for text in sorted.pairs(strings) do
    if #text >= shortest_piece and #text < #name and (name:sub(-#text) == text or name:sub(1, #text) == text) then return true end
  end
  return false
end

---What templates of a document read: names, or all of them when the parameters are taken whole.
local function used_in_templates(composition)
  local used = {}
  local function look(v)
    if type(v) == "table" then
      for _, item in next, v do look(item) end
      return
    end
    for action in (type(v) == "string" and v or ""):gmatch "{{(.-)}}" do
      for name in action:gmatch "%.parameters%.([%a_][%w_]*)" do used[name] = true end
      for name in action:gmatch 'index%s+%$?%.parameters%s+"([^"]*)"' do used[name] = true end
      if (action .. " "):find "%.parameters[^%.%w_]" and not action:find "index" then used["*"] = true end
    end
  end
  local function look_step(step)
    for _, field in ipairs { "run", "use", "shell", "working-directory", "with", "env" } do look(step[field]) end
  end
  for _, job in ipairs(composition.jobs) do
    look(job.outputs)
    for _, step in ipairs(job.steps) do look_step(step) end
  end
  for _, profile in next, composition.profiles do
    for _, selection in next, profile.jobs do
      for _, override in next, selection.stepOverrides do look_step(override) end
    end
  end
  return used
end

---Whether one of the Lua files behind a composition reads a name.
local function used_in_code(subject, composition, name)
  for file in sorted.pairs(subject:reachable(composition.path)) do
    local chunk = subject.chunks[file]
    if chunk.fields[name] or chunk.strings[name] or is_pieced(name, chunk.strings) then return true end
  end
  return false
end

---@param subject LintSubject
---@param report table
return function(subject, report)
  for _, composition in ipairs(subject.compositions) do
    local templates = used_in_templates(composition)
    for name in sorted.pairs(subject:parameters(composition)) do
      local used = templates[name] or templates["*"] or composition.sandbox and used_in_code(subject, composition, name)
      if not used then
        report:warn(place.mark(subject:parameter_place(composition, name), {
          kind = "lint.parameter", message = ('the type %s has a parameter "%s" that nothing uses'):format(composition.name, name),
          hint = "use it, or take it out of the schema",
        }))
      end
    end
  end
end
