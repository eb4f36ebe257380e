-- `orun compositions lint [PATH]`: what is doubtful about a package although it compiles.
local diagnostic = require "orun.diagnostic"
local fs = require "host.fs"
local lint = require "orun.compiler.lint"
local path = require "orun.util.path"
local render = require "orun.cockpit.render.diagnostic"
local workshop = require "orun.composition.workshop"

---Intents named with --examples: files, or directories that hold one.
local function intents(ctx)
  local list = {}
  for i, text in ipairs(ctx.flags.examples or {}) do
    local file = path.resolve(ctx.cwd, text)
    local stat = fs.stat(file)
    if stat and stat.type == "directory" then file = path.join(file, "intent.yaml") end
    if not fs.exists(file) then
      diagnostic.raise { kind = "composition.workshop", message = ("there is no intent at %s"):format(text) }
    end
    list[i] = file
  end
  return list
end

return {
  summary = "Look for mistakes in a composition package",
  usage = "orun compositions lint [path] [flags]",
  description = [[
Reports globals, parameters that nothing uses, defaults that the schema refuses, capabilities that no profile includes or no step has,
profiles that select nothing, and valid parameters that make a composition fail. Then compiles the package's examples (every intent.yaml
below examples/, the platform around it, and those of --examples) and invented components forwards, backwards and in part, in fresh
sandboxes, and compares: a composition must not keep anything from one call for the next.]],
  examples = {
    { "orun compositions lint", "the package here" },
    { "orun compositions lint kit --examples platform --json", "with a platform that uses it, as data" },
  },
  flags = {
    { name = "examples", value = "PATH", help = "a platform that uses the package", repeatable = true, complete = "files" },
    { name = "json", help = "findings as JSON" },
  },
  args = { { name = "path", help = "directory of a package", optional = true, complete = "files" } },

  run = function(ctx, args)
    local findings, examples = {}, intents(ctx)
    for _, piece in ipairs(workshop.find(ctx.cwd, args[1], ctx.flags.intent)) do
      local report, own = diagnostic.collector(), { table.unpack(examples) }
      own[#own + 1] = workshop.platform(piece.root, ctx.cwd, ctx.flags.intent)
      lint.check(piece, own, function(file) return path.shown(ctx.cwd, file) end, report)
      table.move(report.warnings, 1, #report.warnings, #findings + 1, findings)
    end
    local all = { errors = {}, warnings = diagnostic.sorted(findings) }
    if ctx.json then
      ctx:print(render.json(all))
    elseif #findings == 0 then
      ctx:print(("%s nothing found"):format(ctx.style:paint("success", ctx.style.glyph.success)))
    else
      ctx:write(render.text(all, ctx.style, ctx.cwd))
    end
    return #findings > 0 and 1 or 0
  end,
}
