return function(standard)
  -- The standard composition, written in Lua.
  local function module(text, files)
    files = files or {}
    files["kit/compositions/sh/composition.yaml"] = false
    files["kit/compositions/sh/composition.lua"] = text
    return files
  end

  local function composition(jobs)
    return module("local orun = require 'orun'\n‸return orun.composition { type = 'sh', defaultJob = 'build', jobs = " .. jobs .. " }\n")
  end

  local function steps(text)
    return module("local orun = require 'orun'\nreturn orun.composition { type = 'sh', defaultJob = 'build', jobs = { { name = 'build',\n"
      .. "  steps = function(ctx)\n    " .. text .. "\n  end } } }\n")
  end

  local function limits(text)
    return { ["intent.yaml"] = "compositions: {sources: [{name: kit, kind: dir, path: kit}], limits: {" .. text .. "}}\n"
      .. "environments: {dev: }\n" .. standard.component() }
  end

  return {
    { "composition.module", files = module "local orun = require 'orun'\n‸return orun.composition { type = 'sh' jobs = {} }\n" },
    { "composition.module", files = module "local orun = require 'orun'\n‸local lib = require 'lib.steps'\n" },
    {
      "composition.module",
      files = module("return require 'lib.steps'\n", { ["kit/lib/steps.lua"] = "local t\n  ‸t.x = 1\n" }),
    },
    { "composition.module", files = steps "‸return { { run = 'make ' .. ctx.parameters.target } }" },
    { "composition.module-shape", files = module "‸return { type = 'sh' }\n" },
    { "composition.module-shape", files = composition "{ { name = 'build', retries = 'two', steps = {} } }" },
    { "composition.module-shape", place = "kit/compositions/sh/composition.lua:4:5", files = steps "return { { name = 'x', run = 1 } }" },
    { "composition.failure", files = steps "‸orun.fail('no target', { hint = 'set the parameter target' })" },
    { "composition.limit", files = steps "‸while true do end" },
    { "composition.limits", files = limits "memory: ‸many" },
  }
end
