-- Runs the program's main with the words given, telling its diagnostics as data: one line `<mark><JSON>` on stderr instead of each
-- message. Run as `orun lua spec/support/observer.lua MARK words ...`.
local json = require "host.json"
local value = require "host.value"

local words = { ... }
local mark = table.remove(words, 1)

local keys = { "kind", "message", "file", "line", "column", "path", "hint", "source" }

local function plain(list)
  local out = value.list {}
  for i, item in ipairs(list) do
    out[i] = {}
    for _, key in ipairs(keys) do out[i][key] = item[key] end
  end
  return out
end

local function tell(all)
  return ("\n%s%s\n"):format(mark, json.encode { errors = plain(all.errors), warnings = plain(all.warnings) })
end

package.loaded["orun.cockpit.render.diagnostic"] = { text = tell, json = tell }
return require "orun.main"(table.unpack(words))
