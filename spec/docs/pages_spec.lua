-- docs/commands.md, docs/triggers.md and docs/lua.md: their files are written, their commands are run, and print what the page says.
local fs = require "host.fs"
local process = require "host.process"
local program = dofile "spec/support/program.lua"

local shell = { git = "-c user.name=docs -c user.email=docs@localhost -c commit.gpgsign=false" }

---Fenced blocks of a page in order: `{info, text, line}`.
local function blocks_of(page)
  local blocks, block, n = {}, nil, 0
  for line in (assert(fs.read(page)) .. "\n"):gmatch "(.-)\n" do
    n = n + 1
    local fence = line:match "^```(.*)$"
    if fence and block then
      block.text = table.concat(block, "\n") .. (#block > 0 and "\n" or "")
      blocks[#blocks + 1], block = block, nil
    elseif fence then
      block = { info = fence, line = n }
    elseif block then
      block[#block + 1] = line
    end
  end
  return blocks
end

for _, page in ipairs { "docs/commands.md", "docs/triggers.md", "docs/lua.md" } do
  describe(page, function()
    local dir

    setup(function() dir = assert(fs.realpath(assert(fs.temporary "/tmp/orun-docs-"))) end)
    teardown(function() fs.remove_tree(dir) end)

    local function run(text)
      local env = program.environment { ORUN_HOME = dir .. "/home", GITLAB_CI = "", BUILDKITE = "", CI = "" }
      env.PATH = program.exe:match "^(.*)/" .. ":" .. env.PATH
      local script = ('git() { command git %s "$@"; }\n%s'):format(shell.git, text)
      return assert(process.run { argv = { "bash", "-e", "-c", script }, cwd = dir .. "/shop", env = env })
    end

    local function write(name, text)
      local file = dir .. "/shop/" .. name
      assert(fs.mkdir(file:match "^(.*)/"))
      assert(fs.write(file, text))
    end

    local said
    for _, block in ipairs(blocks_of(page)) do
      local name = block.info:match "^%l+ (%S+)$"
      it(("line %d: %s"):format(block.line, block.info), function()
        if name then
          write(name, block.text)
        elseif block.info == "sh" then
          local r = run(block.text)
          assert.equal(0, r.code, r.output)
          said = r.output
        else
          assert.equal("text", block.info)
          assert.equal(block.text, said)
        end
      end)
    end
  end)
end
