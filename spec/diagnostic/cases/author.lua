return function()
  local fs = require "host.fs"

  local function elsewhere(root)
    assert(fs.mkdir(root .. "/empty"))
    assert(fs.write(root .. "/empty/intent.yaml", "environments: {dev: }\n"))
  end

  return {
    { "composition.workshop", argv = { "compositions", "test", "nowhere" } },
    { "composition.workshop", argv = { "compositions", "test" }, cwd = "empty", setup = elsewhere },
    { "composition.no-specs", argv = { "compositions", "test", "kit" } },
    { "composition.draft", argv = { "compositions", "new", "sh", "--root", "kit" } },
    { "composition.explain", argv = { "compositions", "explain", "shh" } },
    { "composition.explain", argv = { "compositions", "explain", "sh", "--component", "api" } },
    { "composition.explain", argv = { "compositions", "explain", "sh", "--env", "prod" } },
    { "composition.sample", call = function() require("orun.compiler.sample").compile({ compositions = {} }, { envronment = "dev" }) end },
  }
end
