-- `orun compositions new TYPE`: a composition that works, with a spec, to be changed into what is needed.
local catalogue = require "orun.composition.catalogue"
local diagnostic = require "orun.diagnostic"
local draft = require "orun.composition.draft"
local fs = require "host.fs"
local path = require "orun.util.path"
local workshop = require "orun.composition.workshop"

local function write(ctx, file, text)
  local shown = path.shown(ctx.cwd, file)
  local ok, message = fs.mkdir(path.dirname(file))
  if ok then ok, message = fs.write(file, text) end
  if not ok then diagnostic.raise { kind = "composition.draft", message = ("cannot write %s: %s"):format(shown, message) } end
  local style = ctx.style
  ctx:print(("%s %s"):format(style:paint("success", style.glyph.added), shown))
end

---The package that gets the composition, and whether it must be made first.
local function target(ctx)
  local asked = path.resolve(ctx.cwd, ctx.flags.root or ".")
  if ctx.flags.root then return workshop.enclosing(asked) or asked end
  return workshop.enclosing(fs.realpath(asked) or asked) or path.join(ctx:workspace().root, "compositions")
end

---Nothing is overwritten, and a type has one composition.
local function check_free(ctx, root, name)
  local directory = path.join(root, "compositions", name)
  for _, file in ipairs { ".lua", "/composition.lua", "/composition.yaml", "/compositions.yaml", "/" .. name .. "_spec.lua" } do
    local at = directory .. file
    if fs.exists(at) then
      diagnostic.raise {
        kind = "composition.draft", message = ("the package has a composition of this name: %s"):format(path.shown(ctx.cwd, at)),
        hint = "choose another name, or change that file",
      }
    end
  end
end

---How the intent comes to read a package that it does not know yet. An intent that lists no source has the types that ship; one that lists
---some has those only.
local function note_source(ctx, root)
  local at, taken = ctx:workspace(), {}
  -- What is wrong with the intent is no news of this command.
  local read, listed = pcall(catalogue.sources, { file = at.intent }, ctx.cwd)
  if not read or not at.intent then listed = {} end
  for _, source in ipairs(listed) do
    if source.kind == "dir" and path.resolve(at.root, source.path or "") == root then return end
    taken[source.name or ""] = true
  end
  local own = ("{name: %s, kind: dir, path: %s}"):format(taken.own and path.basename(root) or "own", path.relative(at.root, root))
  if #listed > 0 then return ctx:note("the intent reads it with one more entry under compositions.sources: " .. own) end
  ctx:note(("the intent reads it as: compositions: {sources: [%s, {name: orun, kind: builtin}]}"):format(own))
end

return {
  summary = "Write a new composition with a spec",
  usage = "orun compositions new <type> [--lua] [flags]",
  description = [[
Writes a composition that works, as YAML or as a Lua module, and a spec of it. It goes into the package here or above; where there is
none, into a new package in compositions/ beside the intent.]],
  examples = {
    { "orun compositions new service --lua", "a Lua module with a spec" },
    { "orun compositions new service --root kit", "a YAML document in the package kit" },
  },
  flags = {
    { name = "lua", help = "a Lua module instead of a YAML document" },
    { name = "root", value = "DIR", help = "directory of the package", complete = "files" },
  },
  args = { { name = "type", help = "the type that it serves" } },

  run = function(ctx, args)
    local name = args[1]
    if not draft.is_name(name) then
      diagnostic.usage(("%q cannot be a type"):format(name), "types are of lower-case letters, digits, and . _ - between them")
    end
    local root = target(ctx)
    local fresh = not fs.exists(path.join(root, "stack.yaml")) and not fs.exists(path.join(root, "orun.yaml"))
    check_free(ctx, root, name)
    if fresh then write(ctx, path.join(root, "stack.yaml"), draft.manifest(path.basename(path.dirname(root)))) end
    for _, file in ipairs(draft.files(name, ctx.flags.lua and "lua" or "yaml")) do write(ctx, path.join(root, file.path), file.text) end
    local shown = path.shown(ctx.cwd, root)
    ctx:note(("try it: orun compositions test %s"):format(shown))
    if fresh then note_source(ctx, root) end
  end,
}
