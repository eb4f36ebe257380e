-- What a Lua text names: globals with their lines, fields that it reads, strings. The text is compiled, never run; what the compiler
-- made of it says exactly which names are global. The format is that of Lua 5.4 (lundump.c, lopcodes.h), which is linked into the program.
local M = {}

---@class ChunkNames
---@field globals {name: string, line: integer, written: boolean}[] in order of the code
---@field fields table<string, boolean> names that are read as `x.name` or called as `x:name`
---@field strings table<string, boolean> strings that are values, and not the names of fields
---@field keys table<string, integer[]> fields that a table is given, with the lines of each in the order of the code

local LOADK, GETTABUP, GETFIELD, SETTABUP, SETFIELD, SELF, EQK = 3, 11, 14, 15, 18, 20, 60
local is_store = { [15] = true, [16] = true, [17] = true, [18] = true }

-- Instructions that put a new value into register A: whatever is there; unless it is made of A itself (their operand B).
local is_fresh, is_made = {}, {}
for _, op in ipairs { 1, 2, 3, 4, 5, 6, 7, 8, 9, GETTABUP, 19, 79, 80 } do is_fresh[op] = true end
for _, op in ipairs { 0, 12, 13, GETFIELD, SELF, 49, 50, 51, 52 } do is_made[op] = true end
for op = 21, 45 do is_made[op] = true end
local CLOSURE = 79

---A reader of what string.dump returns.
local Reader = {}
Reader.__index = Reader

function Reader:byte()
  local b = self.bytes:byte(self.at)
  self.at = self.at + 1
  return b
end

function Reader:skip(n)
  self.at = self.at + n
end

---Seven bits a byte, the highest first; the last one is marked.
function Reader:size()
  local n = 0
  while true do
    local b = self:byte()
    n = n << 7 | b & 0x7f
    if b & 0x80 ~= 0 then return n end
  end
end

function Reader:string()
  local length = self:size()
  if length == 0 then return nil end
  local text = self.bytes:sub(self.at, self.at + length - 2)
  self:skip(length - 1)
  return text
end

function Reader:list(read)
  local list = {}
  for i = 1, self:size() do list[i] = read(self) or false end
  return list
end

local widths = { [0x00] = 0, [0x01] = 0, [0x11] = 0, [0x03] = 8, [0x13] = 8 }

local function constant(reader)
  local kind = reader:byte()
  if kind == 0x04 or kind == 0x14 then return reader:string() end
  reader:skip(widths[kind])
end

local function instruction(reader)
  local word = ("<I4"):unpack(reader.bytes, reader.at)
  reader:skip(4)
  return word
end

local function absolute(reader)
  return { pc = reader:size(), line = reader:size() }
end

local function variable(reader)
  return { name = reader:string(), from = reader:size(), to = reader:size() }
end

local function upvalue(reader)
  reader:skip(3)
end

local function signed(b)
  return b < 128 and b or b - 256
end

---Lines of the instructions of a function: steps from one to the next, with absolute ones where a step would not fit.
local function lines_of(first, steps, absolutes)
  local lines, line, known = {}, first, {}
  for _, item in ipairs(absolutes) do known[item.pc] = item.line end
  for i, step in ipairs(steps) do
    line = known[i - 1] or line + signed(step)
    lines[i] = line
  end
  return lines
end

---How many registers hold variables at an instruction; values that are being made stand above them.
local function variables_at(f, at)
  local count = 0
  for _, item in ipairs(f.variables) do
    if item.from < at and at <= item.to then count = count + 1 end
  end
  return count
end

---The line on which a table is given a field: where its value begins, since the instruction itself belongs to where the value ends.
local function line_of_field(f, at)
  local word = f.code[at]
  local register = word >> 24 & 0xff
  -- A constant, or a variable that got its value somewhere else.
  if word >> 15 & 1 == 1 or register < variables_at(f, at) then return f.lines[at] end
  for i = at - 1, 1, -1 do
    local op, a, b = f.code[i] & 0x7f, f.code[i] >> 7 & 0xff, f.code[i] >> 16 & 0xff
    if a == register and (is_fresh[op] or is_made[op] and b ~= register) then
      return op == CLOSURE and f.inner[(f.code[i] >> 15) + 1].first or f.lines[i]
    end
  end
  return f.lines[at]
end

local visit

---@param reader table
local function read_function(reader, names)
  local f = {}
  reader:string()
  f.first = reader:size()
  reader:size()
  reader:skip(3)
  f.code = reader:list(instruction)
  f.constants = reader:list(constant)
  reader:list(upvalue)
  -- Inner functions are read in place, after this one has been; their names are wanted in the order of the text.
  local inner = {}
  for i = 1, reader:size() do inner[i] = read_function(reader, names) end
  local steps = reader:list(Reader.byte)
  f.lines = lines_of(f.first, steps, reader:list(absolute))
  f.variables = reader:list(variable)
  f.upvalues = reader:list(Reader.string)
  f.inner = inner
  return f
end

function visit(f, names)
  local constants, upvalues = f.constants, f.upvalues
  local function note_string(index)
    if constants[index] then names.strings[constants[index]] = true end
  end
  for i, word in ipairs(f.code) do
    local op, a, k = word & 0x7f, word >> 7 & 0xff, word >> 15 & 1
    local b, c = word >> 16 & 0xff, word >> 24 & 0xff
    if op == LOADK then note_string((word >> 15) + 1) elseif op == EQK then note_string(b + 1) end
    if is_store[op] and k == 1 then note_string(c + 1) end
    if op == SETFIELD and constants[b + 1] then
      local lines = names.keys[constants[b + 1]] or {}
      names.keys[constants[b + 1]] = lines
      local line = line_of_field(f, i)
      if lines[#lines] ~= line then lines[#lines + 1] = line end
    end
    if op == GETTABUP and upvalues[b + 1] == "_ENV" then
      table.insert(names.globals, { name = constants[c + 1], line = f.lines[i], written = false })
    elseif op == SETTABUP and upvalues[a + 1] == "_ENV" then
      table.insert(names.globals, { name = constants[b + 1], line = f.lines[i], written = true })
    elseif (op == GETTABUP or op == GETFIELD or op == SELF and k == 1) and constants[c + 1] then
      names.fields[constants[c + 1]] = true
    end
  end
  for _, inner in ipairs(f.inner) do visit(inner, names) end
end

---@param text string
---@param file string for messages
---@return ChunkNames? names
---@return string? message of the compiler
function M.names(text, file)
  local chunk, message = load((text:gsub("^\xef\xbb\xbf", "")), "@" .. file, "t", {})
  if not chunk then return nil, message end
  local reader = setmetatable({ bytes = string.dump(chunk), at = 1 }, Reader)
  -- Signature, version, format, check bytes, three sizes, two numbers, and how many upvalues the chunk has.
  reader:skip(4 + 1 + 1 + 6 + 3 + 8 + 8 + 1)
  local names = { globals = {}, fields = {}, strings = {}, keys = {} }
  visit(read_function(reader, names), names)
  table.sort(names.globals, function(x, y)
    if x.line ~= y.line then return x.line < y.line end
    if x.name ~= y.name then return x.name < y.name end
    return x.written and not y.written
  end)
  return names
end

return M
