-- How changes were found: `--explain`.
local style = require "orun.cockpit.style"

local M = {}

local plain = style.plain

local function said(text)
  return text and plain(text) or "(not set)"
end

local function add(lines, indent, label, text)
  lines[#lines + 1] = { indent, { label .. ":", "dim" }, " " .. text }
end

---@param refs ChangeRefs
local function add_ci(lines, refs, env)
  if not refs.ci then return add(lines, "  ", "CI", refs.base and "not asked, or none that orun knows" or "not asked") end
  add(lines, "  ", "CI", ("%s (%s)"):format(refs.ci.provider, plain(refs.ci.event)))
  for _, name in ipairs(refs.ci.variables) do lines[#lines + 1] = { ("    %s=%s"):format(name, plain(env[name] or "")) } end
end

local function compared(options, refs)
  if options.files then return "nothing: --files names the files" end
  if options.uncommitted then return "HEAD with the work tree" end
  if options.untracked then return "nothing: files that git does not track" end
  return ("%s with %s"):format(refs.merge_base, refs.head and plain(refs.head) or "HEAD and the work tree")
end

local function names_of(components, watching, sections)
  local out = {}
  for _, component in ipairs(components) do
    local hit = false
    for _, watch in ipairs(component.change.watches) do
      for _, section in ipairs(sections) do hit = hit or section == watch end
    end
    if hit == watching then
      local watches = #component.change.watches > 0 and "watches: " .. table.concat(component.change.watches, ", ") or "watches nothing"
      out[#out + 1] = ("%s (%s)"):format(plain(component.name), watches)
    end
  end
  table.sort(out)
  return out
end

local function add_list(lines, label, list)
  if #list == 0 then return end
  lines[#lines + 1] = { "  ", { label .. ":", "dim" } }
  for _, item in ipairs(list) do lines[#lines + 1] = { "    - " .. plain(item) } end
end

---@param change IntentChange
local function add_intent(lines, change, impact, components)
  lines[#lines + 1] = {}
  lines[#lines + 1] = { { "explain: what changed in the intent", "bold" } }
  add(lines, "  ", "mode", change.mode)
  add(lines, "  ", "reason", change.reason)
  if #change.sections > 0 then add(lines, "  ", "changed sections", plain(table.concat(change.sections, ", "))) end
  if change.mode == "global" then
    add(lines, "  ", "intent-impact", impact)
    if impact == "watch" and change.comparable then
      add_list(lines, "matched watches", names_of(components, true, change.sections))
      add_list(lines, "unmatched", names_of(components, false, change.sections))
    end
  end
  for _, kind in ipairs { "added", "modified", "removed" } do add_list(lines, kind, change[kind]) end
end

---@param options ChangeOptions
---@param changes Changes
---@param components table[] normalized
---@param env table<string, string>
---@return Span[][]
function M.lines(options, changes, components, env)
  local refs = changes.refs
  local lines = { {}, { { "explain: how changes were found", "bold" } } }
  add(lines, "  ", "--base", said(options.base))
  add(lines, "  ", "--head", said(options.head))
  if refs.trigger and (refs.trigger.base or refs.trigger.head) then
    add(lines, "  ", "trigger", ("base %s, head %s"):format(said(refs.trigger.base), said(refs.trigger.head)))
  end
  add_ci(lines, refs, env)
  if refs.base then add(lines, "  ", "resolved base", ("%s (%s)"):format(plain(refs.base), refs.origin)) end
  add(lines, "  ", "compared", compared(options, refs))
  add(lines, "  ", "changed files", tostring(#changes.files))
  if changes.intent then add_intent(lines, changes.intent, changes.impact, components) end
  lines[#lines + 1] = {}
  return lines
end

return M
