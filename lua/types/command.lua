---@meta
-- What a command file returns, and what its `run` is given. docs/commands.md shows how to write one.
-- This file is read by editors (LuaLS) and by people; it is never executed.
--
--   ---@type Command
--   local command = { summary = "Who owns what", run = function(ctx, args) ctx:print("nobody") end }
--   return command

---@class Command
---@field summary string        one line, for lists
---@field usage? string         what follows the name; the whole line when it starts with "orun"
---@field description? string   paragraphs, separated by empty lines
---@field aliases? string[]     other names
---@field flags? Flag[]
---@field args? Argument[]
---@field leading? boolean      flags only before the first argument; everything after it is left as it is
---@field complete? fun(ctx: Context, word: string): (string|Candidate)[]  more candidates for the word before the cursor; of a checkout's
---                             command it runs in a sandbox, with `ctx.flags` and `ctx.cwd` only, and candidates must be plain words
---@field examples? {[1]: string, [2]: string}[]  command line, what it is for
---@field trouble? integer      exit code of every failure; 1 where nothing is said
---@field run? fun(ctx: Context, args: Arguments): integer?  returns the exit code from 0 to 255, nil for 0; without it the command is a group

---@class Flag
---@field name string           long name without dashes; `ctx.flags` has it with `_` for `-`
---@field short? string         one letter
---@field value? string         name of the value in help, for example "NAME"; absent for booleans
---@field help? string
---@field type? "string"|"integer"|"number"|"boolean"|"duration"  default: string with `value`, boolean without; a duration is seconds
---@field default? any          a text is read like a value given on the command line
---@field repeatable? boolean   its value is a list
---@field choices? string[]     the only values
---@field env? string           environment variable that stands in for the flag
---@field hidden? boolean       neither in help nor in completion
---@field complete? CandidateKind  what completion offers as its value

---@class Argument
---@field name string
---@field help? string
---@field optional? boolean
---@field repeatable? boolean   takes all that is left; the last one only
---@field complete? CandidateKind

---What completion can offer: "files", or names that the workspace knows.
---@alias CandidateKind "files"|"components"|"environments"|"jobs"|"plans"|"runs"|"triggers"|"providers"|"types"

---@class Candidate
---@field [1] string   value
---@field [2]? string  description

---Arguments by position and by the names of their declarations; one that is repeatable is a list.
---@class Arguments: {[integer]: string, [string]: string|string[]}

---What a command is given beside its arguments.
---@class Context
---@field flags table<string, any>       values by name, `-` written `_`; defaults are filled in
---@field given table<string, boolean>   what the command line itself says
---@field report Collector               errors and warnings; warnings are printed at the end, errors make the command fail
---@field json boolean                   --json was given: stdout must hold one JSON document and nothing else
---@field cwd string                     working directory
---@field style Style                    colours and glyphs for stdout
---@field style_err Style                the same for stderr
local Context = {}
---Writes to stdout as it is.
---@param text string
function Context:write(text) end
---Writes a line to stdout.
---@param text? string default: an empty line
function Context:print(text) end
---Writes a line to stderr.
---@param text string
function Context:note(text) end
---Hands what was written to whoever reads it.
---@return boolean open false when nobody reads any more
function Context:flush() end
---Prints the warnings collected so far, before something that takes its time.
function Context:print_warnings() end
---Where the platform is.
---@return Workspace
function Context:workspace() end

---@class Workspace
---@field intent? string  absolute path of the intent; nil when there is none
---@field root string     its directory, else the working directory
---@field store string    the .orun directory
---@field searched {from: string, to: string}

---A problem that a person can act on. `kind` is a stable name for programs, for example "owners.unknown-team".
---@class Diagnostic
---@field kind string
---@field message string   one sentence without a final full stop
---@field file? string
---@field line? integer    1-based
---@field column? integer  1-based, in characters
---@field path? string     where in the document, e.g. a JSON pointer
---@field hint? string     what to do about it
---@field source? string   text of the source line
---@field calls? string    how the program came there, where that is not plain from the line
---@field instances? {component: string, environment: string}[] for which it was found
---@field general? string  the message without the instance: entries that are the same otherwise become one

---@class Collector
---@field errors Diagnostic[]
---@field warnings Diagnostic[]
---@field strict boolean  warnings are errors
local Collector = {}
---@param entry Diagnostic
function Collector:error(entry) end
---@param entry Diagnostic
function Collector:warn(entry) end
---Raises everything collected so far when there is an error in it.
function Collector:check() end
