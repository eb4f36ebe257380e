-- Files damaged at random still end in a plan or in diagnostics, never in a fault of the program. The seed is printed; ORUN_SEED repeats.
local catalogue = require "orun.diagnostic.catalogue"
local compiler = require "orun.compiler"
local diagnostic = require "orun.diagnostic"
local fs = require "host.fs"

local sanitized = require("host.system").paths().exe:find("sanitize", 1, true) ~= nil
local MUTATIONS = sanitized and 60 or 400

local values = {
  "~", "[]", "{}", '""', "-1", "1.5", "true", '"x"', "[a, b]", "{a: 1}", "[[1]]", "{a: {b: c}}", ".inf", "2020-01-02", '!!binary "zz"',
  "1e400", "*nope", "{{ .x }}", '"{{ .parameters.x }}"', '"{{if}}"', '"${{ github.sha }}"', "&a [*a]", '"\\u0000"', '"a@b"', "..",
  "/etc", "*", '"*"', "18446744073709551615", "[~]", "{~: 1}", "{1: 2}", "{<<: [1]}", '"dev*"', "dev", "'\"'", "|", "? x", "- a",
}
local marks = { "", "x", ":", " ", '"', "'", "{", "}", "[", "]", "#", "\t", "é", "&", "*", "!", "%", "@", "-", "\7", "\xff", "\r" }

local function any(list) return list[math.random(#list)] end

-- Each damages one line of a list of lines.
local damages = {
  function(lines, i) table.remove(lines, i) end,
  function(lines, i) table.insert(lines, i, lines[i]) end,
  function(lines, i) lines[i] = (" "):rep(math.random(0, 5)) .. lines[i]:match "^%s*(.*)$" end,
  function(lines, i) lines[i] = lines[i]:gsub(":.*$", function() return ": " .. any(values) end, 1) end,
  function(lines, i) lines[i] = lines[i]:gsub("^(%s*%- ).*$", function(dash) return dash .. any(values) end, 1) end,
  function(lines, i)
    local at = math.random(0, #lines[i])
    lines[i] = lines[i]:sub(1, at) .. any(marks) .. lines[i]:sub(at + math.random(1, 2))
  end,
  function(lines, i)
    local j = math.random(#lines)
    lines[i], lines[j] = lines[j], lines[i]
  end,
}

local function mutate(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  for _ = 1, math.random(1, 3) do
    -- Values are damaged most: most of what people get wrong is well-formed.
    local damage = math.random(2) == 1 and damages[4] or any(damages)
    if #lines > 0 then damage(lines, math.random(#lines)) end
  end
  return table.concat(lines, "\n")
end

local function validate(root)
  local report = diagnostic.collector()
  local ok, err = pcall(compiler.validate, { cwd = root }, report)
  if ok then return {} end
  assert(diagnostic.is(err), type(err) == "string" and err or "a value that is no Failure")
  return err.errors
end

describe("damaged files", function()
  it(("end in diagnostics, %d times"):format(MUTATIONS), function()
    local seed = tonumber(os.getenv "ORUN_SEED") or os.time()
    print("mutation seed " .. seed)
    math.randomseed(seed)
    local root = assert(fs.temporary "/tmp/orun-mutation-")
    local files = {}
    for _, entry in ipairs(assert(fs.walk("examples/platform", { skip = { ".orun", "build" } }))) do
      if entry.type == "file" then
        local text = assert(fs.read("examples/platform/" .. entry.path))
        assert(fs.mkdir(root .. "/" .. (entry.path:match "^(.*)/" or "")))
        assert(fs.write(root .. "/" .. entry.path, text, { sync = false }))
        if entry.path:find "%.yaml$" then files[#files + 1] = { path = root .. "/" .. entry.path, text = text } end
      end
    end
    assert(fs.mkdir(root .. "/.git"))
    assert.same({}, validate(root))
    local kinds = 0
    local seen = {}
    for _ = 1, MUTATIONS do
      local file = any(files)
      local text = mutate(file.text)
      assert(fs.write(file.path, text, { sync = false }))
      local ok, errors = pcall(validate, root)
      if not ok then error(("seed %d: %s\n%s:\n%s"):format(seed, errors, file.path, text), 0) end
      for _, d in ipairs(errors) do
        assert.truthy(catalogue.kinds[d.kind], d.kind)
        assert.truthy(d.file and d.line and d.column, ("seed %d: %s has no place: %s"):format(seed, d.kind, d.message))
        if not seen[d.kind] then
          seen[d.kind], kinds = true, kinds + 1
        end
      end
      assert(fs.write(file.path, file.text, { sync = false }))
    end
    fs.remove_tree(root)
    assert.is_true(kinds >= 5, "the damage provokes too little")
  end)
end)
