-- What a command file of a checkout says about itself. Help, completion and suggestions need its table, and nobody has decided to run
-- it: so it is read in a sandbox, where it can do nothing but return a table, and in little time.
local definition = require "orun.cli.definition"
local diagnostic = require "orun.diagnostic"
local fs = require "host.fs"
local path = require "orun.util.path"
local sandbox = require "orun.sandbox"
local style = require "orun.cockpit.style"

local M = {}

-- Far more than a table needs, and so little that somebody who presses TAB does not notice.
local limits = { memory = 8 * 1024 * 1024, instructions = 2000000, output = 256 * 1024 }
local longest = 1024 * 1024

local function broken(entry)
  diagnostic.raise(entry)
end

-- Help and completion print these texts, which must not reach the terminal as commands to it.
local function plain(text)
  local lines = {}
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do lines[#lines + 1] = style.plain(line) end
  return table.concat(lines, "\n")
end

local function cleaned(v)
  if type(v) == "string" then return plain(v) end
  if type(v) ~= "table" then return v end
  local out = {}
  for key, item in next, v do out[cleaned(key)] = cleaned(item) end
  return out
end

-- A shell puts a candidate on the line as it is, so it must be nothing that the shell would read as more than a word.
local function is_word(text)
  return type(text) == "string" and text:find("^[%w_./:@,=+-]+$") ~= nil
end

local function words_of(list)
  local words = {}
  for _, item in ipairs(type(list) == "table" and list or {}) do
    local word, about = item, nil
    if type(item) == "table" then word, about = item[1], item[2] end
    if is_word(word) then words[#words + 1] = { word, type(about) == "string" and plain(about) or nil } end
  end
  return words
end

---A function of the file, as one that runs in the sandbox. Whatever goes wrong there is no news for somebody who completes a word.
local function inside(box, handle)
  return function(ctx, word)
    return words_of((box:call(handle, { flags = ctx.flags, cwd = ctx.cwd }, word)))
  end
end

-- What a checkout offers by `choices` is completed as well.
local function check_choices(command, file)
  for _, flag in ipairs(command.flags or {}) do
    for _, choice in ipairs(flag.choices or {}) do
      if not is_word(choice) then
        local message = ("the choice %s of --%s is no plain word"):format(tostring(choice), flag.name)
        return { kind = "command.shape", message = message, file = file, hint = "a choice is of letters, digits and _ . / : @ , = + -" }
      end
    end
  end
end

local function not_loaded()
  error("the command of a checkout was not loaded", 0)
end

-- The folder is no package, and its limits are no setting.
local function complaint(problem)
  local entry = sandbox.mark(problem, "command.sandbox")
  entry.message = "the command file cannot be read: " .. entry.message:gsub('^package "[^"]*": ', "")
  if problem.limit then entry.hint = "it is read in a sandbox first: it should return its table, and work in run" end
  return entry
end

local function read(file, group)
  local stat = fs.stat(file, { follow = false })
  if not stat or stat.type ~= "file" then broken { kind = "command.sandbox", message = "it is no regular file", file = file } end
  if stat.size > longest then broken { kind = "command.sandbox", message = "the command file is larger than 1 MiB", file = file } end
  local box = sandbox.open { directory = path.dirname(file), name = ".orun/commands", limits = limits, inert = true }
  local command, problem = box:load(path.basename(file))
  if problem then broken(complaint(problem)) end
  command = cleaned(command)
  if type(command) == "table" then
    if sandbox.is_function(command.run) then command.run = not_loaded end
    if sandbox.is_function(command.complete) then command.complete = inside(box, command.complete) end
  end
  local wrong = definition.check(command, file, group) or check_choices(command, file)
  if wrong then broken(wrong) end
  return command
end

local known = {}

---Raises a Failure when the file cannot be read so.
---@param file string absolute
---@param group boolean other commands stand below it
---@return Command without a `run` that runs
function M.read(file, group)
  if not known[file] then known[file] = table.pack(pcall(read, file, group)) end
  local ok, result = table.unpack(known[file], 1, 2)
  if not ok then error(result, 0) end
  return result
end

return M
