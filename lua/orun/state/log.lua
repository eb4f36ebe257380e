-- Where the output of a step goes: `logs/<job>/<step>.log` below the execution's directory.
local M = {}

-- File systems take 255 bytes; this leaves room for `~2` and `.log`.
local longest = 200

local function segment_of(name)
  local text = name:gsub("[/\\:\0]", "_")
  if text == "" or text == "." or text == ".." then text = "_" .. text end
  return #text <= longest and text or text:sub(1, longest)
end

-- Most names come again: steps have the same few in every job.
local known, known_count = {}, 0

---A name as one path segment: `/`, `\` and `:` become `_`.
---@param name string
---@return string
function M.segment(name)
  local segment = known[name]
  if segment then return segment end
  if known_count >= 4096 then known, known_count = {}, 0 end
  segment = segment_of(name)
  known[name], known_count = segment, known_count + 1
  return segment
end

-- Whether every name of a long list is its own segment.
local function are_segments(names)
  local all = table.concat(names, "\n")
  for _, special in ipairs { "/", "\\", ":", "\0" } do
    if all:find(special, 1, true) then return false end
  end
  for _, name in ipairs(names) do
    if #name > longest or name == "" or name == "." or name == ".." then return false end
  end
  return true
end

-- A list of fewer names is not worth the look at all of them.
local many = 8

---Segments for a list of names in their order; later ones that collide get `~2`, `~3`, …
---@param names string[]
---@return table<string, string> segments by name
function M.segments(names)
  local segments, taken = {}, {}
  if #names > many and are_segments(names) then
    for _, name in ipairs(names) do segments[name] = name end
    return segments
  end
  for _, name in ipairs(names) do
    if not segments[name] then
      local base = M.segment(name)
      local text, n = base, 1
      while taken[text] do
        n = n + 1
        text = base .. "~" .. n
      end
      segments[name], taken[text] = text, true
    end
  end
  return segments
end

-- A text without the blanks around it; nil when nothing is left.
local function trimmed(text)
  if type(text) ~= "string" or not text:find "%S" then return nil end
  return (text:find "^%s" or text:find "%s$") and text:match "^%s*(.-)%s*$" or text
end

---Step ids of a job in plan order: `id`, else `name`, else `use`; a later duplicate gets `-2`, `-3`, …
---@param job table plan job
---@return string[]
function M.step_ids(job)
  local ids, taken = {}, {}
  for i, step in ipairs(job.steps or {}) do
    local base = trimmed(step.id) or trimmed(step.name) or trimmed(step.use) or "unnamed-step"
    local id, n = base, 1
    while taken[id] do
      n = n + 1
      id = base .. "-" .. n
    end
    ids[i], taken[id] = id, true
  end
  return ids
end

---Directory segments of all jobs of a plan.
---@param plan table
---@return table<string, string> segments by job id
function M.directories(plan)
  local ids = {}
  for i, job in ipairs(plan.jobs or {}) do ids[i] = job.id end
  return M.segments(ids)
end

---Path of a step's log, relative to the execution's directory.
---@param directory string segment of the job
---@param segment string segment of the step
---@return string
function M.path(directory, segment)
  return "logs/" .. directory .. "/" .. segment .. ".log"
end

return M
