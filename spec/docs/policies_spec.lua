-- The examples of docs/policies.md are compiled; what the page says about them must be what happens.
local Sources = dofile "spec/support/sources.lua"
local diagnostic = require "orun.diagnostic"
local fs = require "host.fs"
local json = require "host.json"
local policy = require "orun.policy"
local process = require "host.process"

---Fenced blocks of the page in order, each with the heading above it.
local function read_page(file)
  local blocks, heading, block = {}, nil, nil
  for line in (assert(fs.read(file)) .. "\n"):gmatch "(.-)\n" do
    local fence = line:match "^```(.*)$"
    if fence and block then
      block.text = table.concat(block.lines, "\n") .. "\n"
      blocks[#blocks + 1], block = block, nil
    elseif fence then
      block = { info = fence, heading = heading, lines = {} }
    elseif block then
      block.lines[#block.lines + 1] = line
    else
      heading = line:match "^#+ (.*)$" or heading
    end
  end
  return blocks
end

local function git(directory, ...)
  local argv = { "git", "-c", "user.name=spec", "-c", "user.email=spec@localhost", "-c", "commit.gpgsign=false", ... }
  local r = assert(process.run { argv = argv, cwd = directory })
  assert(r.code == 0, r.output)
end

---A committed work tree, with a surplus file when it is to be dirty.
local function commit(sources, is_dirty)
  assert(fs.remove_tree(sources.root .. "/.git"))
  sources:write(".gitignore", ".orun/\n")
  git(sources.root, "init", "-q")
  git(sources.root, "add", "-A")
  git(sources.root, "commit", "-q", "-m", "platform")
  if is_dirty then sources:write("notes.txt", "later\n") end
end

local function lines_of(errors)
  local lines = {}
  for _, item in ipairs(diagnostic.sorted(errors)) do
    lines[#lines + 1] = "error: " .. item.message
    if item.hint then lines[#lines + 1] = "hint: " .. item.hint end
  end
  return lines
end

describe("docs/policies.md", function()
  local blocks, files = read_page "docs/policies.md", {}
  for _, block in ipairs(blocks) do
    local name = block.info:match "^yaml (%S+%.yaml)$" or block.info:match "^lua (%S+%.lua)$"
    if name then files[name] = block.text end
  end

  after_each(Sources.clean)

  local function platform(block)
    local all = {}
    for name, text in next, files do all[name] = text end
    all["intent.yaml"] = files["intent.yaml"] .. block.text
    local sources = Sources.new(all)
    if block.info:find "dirty" then commit(sources, true) end
    if block.info:find "clean" then commit(sources, false) end
    return sources
  end

  local seen = {}
  for i, block in ipairs(blocks) do
    local verdict = block.info:match "^yaml (%l+)"
    local rule = (block.heading or ""):match "^`(.*)`$"
    if verdict == "fails" or verdict == "passes" then
      if rule then seen[rule .. " " .. verdict] = true end
      it(("%s: example %d %s"):format(block.heading, i, verdict), function()
        local compiled, failure = platform(block):compile()
        local expected = blocks[i + 1]
        if verdict == "fails" then
          assert.is_nil(compiled)
          local lines = lines_of(failure.errors)
          assert.equal("text", expected.info)
          for _, line in ipairs(expected.lines) do
            local found = false
            for _, printed in ipairs(lines) do found = found or printed == line end
            assert.truthy(found, ("%q is not in:\n%s"):format(line, table.concat(lines, "\n")))
          end
          local count = 0
          for _, line in ipairs(expected.lines) do count = count + (line:find "^error:" and 1 or 0) end
          assert.equal(count, #failure.errors)
        else
          if not compiled then error(table.concat(lines_of(failure.errors), "\n")) end
          assert.same({}, failure.warnings)
          if expected.info == "json" then
            for _, job in ipairs(compiled.plan.jobs) do
              assert.equal(1, #job.gates)
              assert.equal(expected.text:sub(1, -2), json.encode(job.gates[1], {}))
            end
          end
        end
      end)
    end
  end

  it("has an example that fails and one that passes for every rule", function()
    for _, name in ipairs(policy.names()) do
      assert.truthy(seen[name .. " fails"] and seen[name .. " passes"], name)
    end
  end)
end)
