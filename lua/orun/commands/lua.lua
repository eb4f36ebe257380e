-- `orun lua`: a trusted script in the host state. Scripts see all of host.* and orun.*, and the Lua modules installed on the
-- system (the folders that the system's Lua searches, except the working directory).
local diagnostic = require "orun.diagnostic"
local program = require "host.program"

-- The host state searches only the program's own folders; a script asks for more by being run with this command.
local function add_system_modules()
  for _, kind in ipairs { "path", "cpath" } do
    for template in program["system_" .. kind]:gmatch("[^;]+") do
      if template:sub(1, 1) == "/" then package[kind] = package[kind] .. ";" .. template end
    end
  end
end

local function load_script(ctx, args)
  local chunk, message
  if ctx.given.execute then
    chunk, message = load(ctx.flags.execute, "=-e")
  else
    if not args[1] then diagnostic.usage("orun lua needs a FILE, - or -e CHUNK") end
    if args[1] == "-" then chunk, message = loadfile() else chunk, message = loadfile(args[1]) end
  end
  if not chunk then diagnostic.raise { kind = "script.load", message = message } end
  return chunk
end

-- Mistakes of a script are its own, not the program's.
local function failed(err)
  if type(err) == "table" and (diagnostic.is(err) or err.message) then return err end
  return diagnostic.failure { { kind = "script.failed", message = require("host.loop").traceback(tostring(err)) } }
end

return {
  summary = "Run a Lua script with the modules of orun",
  usage = "[-e CHUNK | FILE | -] [arguments]",
  description = [[
The script runs as trusted code in the program's own Lua state: every module of orun (`require "host.json"`) and every module
installed for Lua on this system can be required. Its first result, when it is an integer, is the exit code.]],
  examples = {
    { "orun lua script.lua one two", "a script with two arguments" },
    { "orun lua -e 'print(require(\"host.program\").version)'", "a chunk" },
  },
  flags = { { name = "execute", short = "e", value = "CHUNK", help = "run this text instead of a file" } },
  args = {
    { name = "argument", help = "a script (- is standard input), its arguments", optional = true, repeatable = true, complete = "files" },
  },
  leading = true,

  run = function(ctx, args)
    add_system_modules()
    local chunk = load_script(ctx, args)
    local first = ctx.given.execute and 1 or 2
    _G.arg = table.move(args, first, #args, 1, { [0] = ctx.given.execute and "-e" or args[1] })
    local ok, result = xpcall(chunk, failed, table.unpack(_G.arg))
    if not ok then error(result, 0) end
    return math.type(result) == "integer" and result or 0
  end,
}
