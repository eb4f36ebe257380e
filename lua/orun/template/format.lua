-- printf. Directives: %, flags, [n], width, precision, verb, as in Go's package fmt.
local kinds = require "orun.template.kind"
local verb = require "orun.template.verb"

local M = {}

-- Larger widths and precisions are refused.
local LARGEST = 1000000

local Printf = {}
Printf.__index = Printf

function Printf:write(text) self.parts[#self.parts + 1] = text end

-- The digits at `at`: their number (nil when there are none) and the byte behind them. Too large a number swallows the rest.
local function number_at(text, at)
  local digits, after = text:match("^(%d+)()", at)
  if not digits then return nil, at end
  local n = #digits < 15 and tonumber(digits) or LARGEST * 10
  -- Go gives up when it would have to append a digit to more than a million.
  if n // 10 > LARGEST then return nil, #text + 1 end
  return n, after
end

-- `[n]` at `at` chooses the next argument. Returns the byte behind it and whether it chose.
function Printf:choose(text, at)
  if text:sub(at, at) ~= "[" then return at, false end
  self.reordered = true
  local close = at + 2 <= #text and text:find("]", at + 1, true)
  if not close then
    self.bad_index = true
    return at + 1, false
  end
  local n, after = number_at(text:sub(1, close), at + 1)
  if not n or after ~= close then
    self.bad_index = true
    return close + 1, false
  end
  if n < 1 or n > self.count then
    self.bad_index = true
  else
    self.next = n
  end
  return close + 1, true
end

-- The integer that `*` stands for.
function Printf:star()
  if self.next > self.count then return nil end
  local v = self.arguments[self.next]
  self.next = self.next + 1
  if kinds.of(v) == "byte" then v = v.number end
  if math.type(v) ~= "integer" or v > LARGEST or v < -LARGEST then return nil end
  return v
end

local flags = { ["+"] = "plus", ["-"] = "minus", ["#"] = "sharp", ["0"] = "zero", [" "] = "space" }

function Printf:width(text, at, spec, chosen)
  if text:sub(at, at) == "*" then
    local n = self:star()
    if not n then
      self:write("%!(BADWIDTH)")
    elseif n < 0 then
      n, spec.minus, spec.zero = -n, true, nil
    end
    spec.width = n
    return at + 1, false
  end
  spec.width, at = number_at(text, at)
  if chosen and spec.width then self.bad_index = true end
  return at, chosen
end

function Printf:precision(text, at, spec, chosen)
  -- A point at the very end is taken for the verb.
  if text:sub(at, at) ~= "." or at == #text then return at, chosen end
  if chosen then self.bad_index = true end
  at, chosen = self:choose(text, at + 1)
  if text:sub(at, at) == "*" then
    local n = self:star()
    if not n or n < 0 then
      self:write("%!(BADPREC)")
      n = nil
    end
    spec.precision = n
    return at + 1, false
  end
  local n
  n, at = number_at(text, at)
  spec.precision = n or 0
  return at, chosen
end

function Printf:show(letter, spec)
  if letter == "%" then
    self:write("%")
  elseif self.bad_index then
    self:write("%!" .. letter .. "(BADINDEX)")
  elseif self.next > self.count then
    self:write("%!" .. letter .. "(MISSING)")
  else
    if letter == "v" or letter == "w" then
      spec.sharp, spec.syntax = nil, spec.sharp
      spec.plus = nil
    end
    self:write(verb.text(self.arguments[self.next], letter, spec))
    self.next = self.next + 1
  end
end

-- One directive, from behind its percent sign; returns the byte behind it.
function Printf:directive(text, at)
  local spec = {}
  self.bad_index = false
  local name = flags[text:sub(at, at)]
  while name do
    spec[name], at = true, at + 1
    name = flags[text:sub(at, at)]
  end
  local chosen
  at, chosen = self:choose(text, at)
  at, chosen = self:width(text, at, spec, chosen)
  at, chosen = self:precision(text, at, spec, chosen)
  if not chosen then at = self:choose(text, at) end
  if at > #text then
    self:write("%!(NOVERB)")
    return at
  end
  local after = utf8.len(text, at, at) and utf8.offset(text, 2, at) or at + 1
  local letter = text:sub(at, after - 1)
  self:show(utf8.len(letter) and letter or "\u{fffd}", spec)
  return after
end

function Printf:extra()
  if self.reordered or self.next > self.count then return end
  local parts = {}
  for i = self.next, self.count do parts[#parts + 1] = verb.typed(self.arguments[i], {}) end
  self:write("%!(EXTRA " .. table.concat(parts, ", ") .. ")")
end

---@param text string
---@param ... any
---@return string
function M.printf(text, ...)
  local self = setmetatable({ arguments = { ... }, count = select("#", ...), next = 1, parts = {}, reordered = false }, Printf)
  local at = 1
  while true do
    local percent = text:find("%", at, true)
    self:write(text:sub(at, (percent or #text + 1) - 1))
    if not percent then break end
    at = self:directive(text, percent + 1)
  end
  self:extra()
  return table.concat(self.parts)
end

return M
