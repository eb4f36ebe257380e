-- `orun plan diff`: what changes from one plan to another.
local diagnostic = require "orun.diagnostic"

local function read(ctx, ref)
  local path, err = require("orun.plan.store").open(ctx:workspace().store):resolve(ref)
  if not path then diagnostic.raise(err --[[@as Diagnostic]]) end
  return (require("orun.plan.reader").read(path, { allow_modified = true }, ctx.report))
end

local function compare(ctx, args)
  local before, after = read(ctx, args[1]), read(ctx, args[2])
  local difference = require("orun.plan.difference").compare(before, after)
  if ctx.flags.json then
    ctx:write(require("orun.cockpit.document").encode(require("orun.cockpit.comparison").document(difference, before, after), "json"))
  else
    local view = require("orun.cockpit.viewmodel.difference").view(difference, before, after)
    ctx:write(ctx.style:text(require("orun.cockpit.render.difference").lines(view)))
  end
  return difference.same and 0 or 1
end

return {
  summary = "Show what changes from one plan to another",
  usage = "orun plan diff <before> <after> [flags]",
  description = [[
Compares two plans: jobs that are new, gone or changed, field by field, their steps with a text diff of the commands, what they wait for,
and the plan's own metadata and composition sources. A plan is named as for `orun run`: by its id or the beginning of one, by its name, by
`latest`, or by a file. What follows from the rest (checksum, uids) or tells when and where a plan was made is left out.

The exit code is 0 when the plans do the same, 1 when they differ, 2 when they could not be compared.

A component that is named diff is planned by `orun plan --component diff`.]],
  examples = {
    { "orun plan diff main.json latest", "what a branch changes against a plan made on main" },
    { "orun plan diff rc1 rc2 --json", "the same as data" },
  },
  flags = { { name = "json", type = "boolean", help = "print the difference as JSON" } },
  args = {
    { name = "before", help = "plan id, name or file", optional = true, complete = "plans" },
    { name = "after", help = "plan id, name or file", optional = true, complete = "plans" },
  },

  trouble = 2,

  run = function(ctx, args)
    if not args[2] then
      diagnostic.usage("orun plan diff needs two plans", "a component named diff is planned by orun plan --component diff")
    end
    return compare(ctx, args)
  end,
}
