-- The source of kind `builtin`: the stack that comes with orun. An intent that declares no source has it, others name it beside theirs.
local dir = require "orun.composition.source.dir"
local path = require "orun.util.path"

---@param source table entry of compositions.sources
---@param root string the intent's directory
---@return LocatedSource?
---@return SourceProblem?
return function(source, root)
  local directory = path.join(require("host.system").paths().share, "compositions")
  return dir({ name = source.name, path = directory, place = source.place }, root)
end
