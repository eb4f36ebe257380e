-- Which way modules may point, and rules of style that a reader of one file cannot see.
local fs = require "host.fs"
local style = require "orun.cockpit.style"

-- From the top to the bottom: a part may use those of the lines below it.
local layers = {
  { "main" },
  { "commands", "cli" },
  { "compiler", "run", "remote", "backend", "artifact", "cockpit" },
  { "plan", "state" },
  { "intent", "composition", "policy", "trigger", "change", "actions", "template", "schema", "sandbox" },
  { "diagnostic" },
  { "util" },
}
local level = {}
for n, parts in ipairs(layers) do
  for _, part in ipairs(parts) do level[part] = n end
end

-- Parts on one line that may use each other: the descriptions of what people write, plans and their state, and the command line.
local open = { [2] = true, [4] = true, [5] = true }

-- What points another way, and why it may.
local exceptions = {
  -- Rules see a job as it will stand in the plan, with its keys in the plan's order.
  ["policy.lua -> plan"] = true,
}

-- Parts whose results must not depend on the order in which a table is walked.
local ordered = { compiler = true, intent = true, composition = true, template = true, schema = true, policy = true, plan = true }

---@return {name: string, part: string, text: string}[]
local function modules()
  local found = {}
  local function walk(directory, prefix)
    for _, name in ipairs(assert(fs.list(directory))) do
      local file = directory .. "/" .. name
      if fs.stat(file).type == "directory" then
        walk(file, prefix .. name .. "/")
      elseif name:find "%.lua$" then
        local relative = prefix .. name
        found[#found + 1] = { name = relative, part = relative:match "^(%w+)", text = assert(fs.read(file)) }
      end
    end
  end
  walk("lua/orun", "")
  return found
end

-- The code of a line, without a comment that takes all of it or follows code.
local function code(line)
  if line:find "^%s*%-%-" then return "" end
  return (line:gsub("%s%-%-%s[^\"]*$", ""))
end

local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = code(line) end
  return ipairs(lines)
end

-- Names of modules in a text: `require "orun.x"`, `require("orun.x")`, and the beginnings of computed names.
local function required(text)
  return text:gmatch "require%s*%(?%s*[\"']orun%.([%w_]+)"
end

local function may_use(from, to)
  if from == to then return true end
  local above, below = level[from], level[to]
  if not above or not below then return false end
  return above < below or above == below and open[above] or false
end

describe("the parts of the program", function()
  it("point downwards only", function()
    local wrong, needless = {}, {}
    for key in next, exceptions do needless[key] = true end
    for _, module in ipairs(modules()) do
      for to in required(module.text) do
        local arrow = ("%s -> %s"):format(module.name, to)
        if exceptions[arrow] then
          needless[arrow] = nil
        elseif not may_use(module.part, to) then
          wrong[#wrong + 1] = arrow
        end
      end
    end
    assert.same({}, wrong)
    assert.same({}, needless)
  end)

  it("walk tables in a fixed order where the order could be seen", function()
    local wrong = {}
    for _, module in ipairs(modules()) do
      if ordered[module.part] then
        for n, line in lines_of(module.text) do
          for before in (" " .. line):gmatch "([%w_%.:]?)pairs%s*%(" do
            if before == "" then wrong[#wrong + 1] = ("%s:%d"):format(module.name, n) end
          end
        end
      end
    end
    assert.same({}, wrong)
  end)

  -- ` → ` joins the members of a cycle in messages, and ` · ` the parts of a check's name: those are contracts, not looks.
  local spoken = {
    ["compiler/normalize.lua"] = "→", ["compiler/resolve.lua"] = "→", ["run/graph.lua"] = "→", ["plan/identity.lua"] = "·",
  }

  it("know no glyph and no colour outside the style", function()
    local glyphs = { style.joint, "\\27[", "\\x1b[", "\\033[" }
    for _, glyph in next, style.glyph do
      if glyph:find "[\128-\255]" then glyphs[#glyphs + 1] = glyph end
    end
    local wrong = {}
    for _, module in ipairs(modules()) do
      for n, line in lines_of(module.text) do
        for _, glyph in ipairs(glyphs) do
          if module.name ~= "cockpit/style.lua" and spoken[module.name] ~= glyph and line:find(glyph, 1, true) then
            wrong[#wrong + 1] = ("%s:%d %s"):format(module.name, n, glyph)
          end
        end
      end
    end
    assert.same({}, wrong)
  end)
end)
