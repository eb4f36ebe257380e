-- Command dispatch, and the one place where failures become messages and exit codes.
local diagnostic = require "orun.diagnostic"

-- A failure before the command line was understood still has to answer in JSON when that was asked for.
local function wants_json(argv)
  for _, word in ipairs(argv) do
    if word == "--" then return false end
    if word == "--json" then return true end
  end
  return false
end

-- Raised values that are no Failure: tables that say what happened (a cancelled wait, say) stay as they are, all else is a bug: ours, or
-- that of the user's or the checkout's command that runs.
local function caught(err, found)
  if diagnostic.is(err) then return err end
  if type(err) == "table" and type(err.message) == "string" then return diagnostic.failure { err } end
  local own = found and found.file and not found.place.module
  local trace = require("host.loop").traceback(own and type(err) ~= "string" and "it raised a " .. type(err) or tostring(err))
  if own then return diagnostic.failure { require("orun.cli.definition").raised(found.file, trace) } end
  return { bug = "error: internal: " .. trace }
end

local function print_failure(ctx, failure, json)
  io.stdout:flush()
  if failure.bug then
    io.stderr:write(failure.bug, "\n")
    return 1
  end
  local warnings = table.move(failure.warnings, 1, #failure.warnings, #ctx.report.warnings + 1,
    table.move(ctx.report.warnings, 1, #ctx.report.warnings, 1, {}))
  local render = require "orun.cockpit.render.diagnostic"
  local all = { errors = failure.errors, warnings = diagnostic.sorted(warnings) }
  if json then
    io.stdout:write(render.json(all), "\n")
  else
    io.stderr:write(render.text(all, ctx.style_err, ctx.cwd))
  end
  return failure.exit
end

local function show_help(ctx, invocation)
  local help = require "orun.cli.help"
  ctx:write(invocation.found and help.command(invocation.found, invocation.command, invocation.places) or help.program(invocation.places))
end

-- Somebody named a checkout's command: now, and only now, its file runs in this state.
local function load_invoked(found)
  local definition = require "orun.cli.definition"
  local text = definition.read(found.file)
  require("orun.cli.acquaintance").greet(found.file, text, function(line) io.stderr:write(line, "\n") end)
  return definition.run(found.file, text, found.group)
end

local function read(argv)
  local commandline = require "orun.cli.commandline"
  local invocation = commandline.read(argv)
  return invocation.pending and commandline.read(argv, load_invoked) or invocation
end

local function invoke(ctx, invocation)
  local command, flags = invocation.command, invocation.parsed.flags
  if flags.version then
    command = require "orun.commands.version"
  elseif flags.help or not command or not command.run then
    show_help(ctx, invocation)
    return 0
  end
  ctx.invocation = invocation
  if flags.debug then
    require("orun.sandbox").sink = function(text, name) io.stderr:write(("debug: %s: %s\n"):format(name, text)) end
  end
  local code = command.run(ctx, invocation.parsed.args)
  ctx.report:check()
  local found = invocation.found
  local wrong = code ~= nil and found and not found.place.module and require("orun.cli.definition").check_code(code)
  if wrong then diagnostic.raise { kind = "command.result", message = wrong, file = found.file } end
  return code or 0
end

return function(...)
  local argv = { ... }
  local context = require "orun.cli.context"
  local ctx = context.new { flags = {}, given = {} }
  ctx.json = wants_json(argv)
  local trouble, found
  local ok, result = xpcall(function()
    local invocation = read(argv)
    ctx = context.new(invocation.parsed, invocation.command)
    found = invocation.found
    trouble = invocation.command and invocation.command.trouble
    local code = invoke(ctx, invocation)
    ctx:flush()
    return code
  end, function(err) return caught(err, found) end)
  if not ok then
    -- Without memory there was none for `caught` either.
    if type(result) ~= "table" then result = { bug = "error: " .. tostring(result) } end
    local code = print_failure(ctx, result, ctx.json)
    return trouble or code
  end
  ctx:print_warnings()
  return result
end
