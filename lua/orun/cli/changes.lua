-- The flags that narrow a plan or a listing to what changed, the same for every command that has them.
local diagnostic = require "orun.diagnostic"
local sorted = require "orun.util.sorted"

local M = {}

---@type Flag[]
M.flags = {
  { name = "changed", type = "boolean", help = "only components that changed, and what they always include" },
  { name = "base", value = "REF", help = "compare with where the work left this branch (default main; in CI what the event says)" },
  { name = "head", value = "REF", help = "compare this commit (default: HEAD and the work tree)" },
  { name = "files", value = "LIST", repeatable = true, help = "these files changed (comma list); git is not asked", complete = "files" },
  { name = "uncommitted", type = "boolean", help = "files that differ from HEAD changed" },
  { name = "untracked", type = "boolean", help = "files that git does not track changed" },
  { name = "explain", type = "boolean", help = "say on stderr which commits were compared, and what of the intent changed" },
  { name = "intent-impact", value = "MODE", choices = { "watch", "all", "none" }, default = "watch",
    help = "whom a change of the intent outside its components concerns: those that watch it, all, or none" },
}

---Says how the changes were found, when that is asked for.
---@param ctx Context
---@param options ChangeOptions
---@param changes? Changes
---@param model table
function M.explain(ctx, options, changes, model)
  if not ctx.flags.explain or not changes then return end
  local render = require "orun.cockpit.render.changes"
  ctx:note(ctx.style_err:text(render.lines(options, changes, model.components, require("host.process").environ())))
end

---A command's flags with these behind them.
---@param own Flag[]
---@return Flag[]
function M.with(own)
  return table.move(M.flags, 1, #M.flags, #own + 1, own)
end

-- One comma list; items in double quotes may hold commas, and two quotes mean one.
local function items_of(text, add)
  local at = 1
  while at <= #text + 1 do
    local quoted, stop = text:match('^%s*"(.-)"%s*()', at)
    while quoted and text:sub(stop, stop) == '"' do
      local more, after = text:match('^"(.-)"%s*()', stop)
      if not more then break end
      quoted, stop = quoted .. '"' .. more, after
    end
    if quoted then
      add(quoted)
      at = (text:find(",", stop, true) or #text + 1) + 1
    else
      local comma = text:find(",", at, true) or #text + 1
      add(text:sub(at, comma - 1))
      at = comma + 1
    end
  end
end

---Items trimmed, empty ones dropped, each once, sorted. Nil when nothing was given.
---@param texts? string[]
---@return string[]?
function M.files(texts)
  local set, given = {}, false
  for _, text in ipairs(texts or {}) do
    given = given or text ~= ""
    items_of(text, function(item)
      item = item:match("^%s*(.-)%s*$")
      if item ~= "" then set[item] = true end
    end)
  end
  return given and sorted.keys(set) or nil
end

local exclusive = {
  { "files", { "uncommitted", "untracked", "base", "head" } }, { "uncommitted", { "untracked", "base", "head" } },
  { "untracked", { "base", "head" } },
}

local function trimmed(text)
  text = (text or ""):match("^%s*(.-)%s*$")
  return text ~= "" and text or nil
end

---Reads the flags; those that exclude each other are a usage error.
---@param ctx Context
---@param triggered? boolean a trigger may name the base
---@return ChangeOptions
function M.read(ctx, triggered)
  local flags = ctx.flags
  local options = {
    asked = flags.changed, base = trimmed(flags.base), head = trimmed(flags.head), files = M.files(flags.files),
    uncommitted = flags.uncommitted or nil, untracked = flags.untracked or nil, impact = flags.intent_impact,
    tell = function(line) ctx:note(line) end,
  }
  for _, pair in ipairs(exclusive) do
    for _, other in ipairs(options[pair[1]] and pair[2] or {}) do
      if options[other] then diagnostic.usage(("--%s and --%s exclude each other"):format(pair[1], other)) end
    end
  end
  if options.head and not options.base and not triggered then diagnostic.usage("--head needs --base") end
  return options
end

return M
