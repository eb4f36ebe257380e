-- What the reference compiles from its example platform, compared with what the built program compiles.
local fs = require "host.fs"
local golden = dofile "spec/support/golden.lua"
local json = require "host.json"
local path = require "orun.util.path"
local process = require "host.process"
local sorted = require "orun.util.sorted"
local exe = require("host.system").paths().exe

if not fs.exists(golden.fixtures .. "/expected") then
  describe("goldens", function()
    pending(golden.fixtures .. " is not there: nothing is compared with the reference", function() end)
  end)
  return
end

describe("golden", function()
  local root, env

  setup(function() root, env = golden.copy() end)
  teardown(golden.clean)

  local function run(view)
    local top = root
    if view.setup then
      top = golden.copy()
      golden.touch(top, env, view.setup.touch)
    end
    local output = top .. "/.orun/golden.json"
    local argv = { exe, table.unpack(golden.arguments(view, top, env)) }
    table.move({ "-o", output }, 1, 2, #argv + 1, argv)
    local r = assert(process.run { argv = argv, cwd = path.join(top, path.dirname(view.intent)), env = env, merge = false })
    local text = fs.read(output)
    if text then assert(fs.remove(output)) end
    return r, text
  end

  local function check_failure(view, r, text)
    assert.equal(1, r.code, r.errors)
    assert.is_nil(text)
    for _, mention in ipairs(view.stderrMentions) do
      assert.truthy(r.errors:find(mention, 1, true), ("%q is not in:\n%s"):format(mention, r.errors))
    end
  end

  for _, folder in ipairs { "reference-platform", "remote-state-matrix", "github-artifact-demo" } do
    for name, view in sorted.pairs(golden.read(folder)) do
      local title = folder .. "/" .. name
      if view.args then
        it(title, function()
          local r, text = run(view)
          if view.exit ~= 0 then return check_failure(view, r, text) end
          assert.equal(0, r.code, r.errors)
          local plan = assert(json.decode(text))
          assert.equal(golden.text(view.plan), golden.text(golden.normalize(plan)))
          assert.same(view.approvalRequired, golden.approvals(plan))
          assert.falsy(r.errors:find("polic", 1, true), r.errors)
        end)
      end
    end
  end

  it("is the same bytes twice, from another folder and in another copy", function()
    local view = golden.read("reference-platform").all
    local _, first = run(view)
    local _, second = run(view)
    assert.equal(first, second)
    local other, other_env = golden.copy(true)
    local output = other .. "/.orun/p.json"
    local r = assert(process.run {
      argv = { exe, "plan", "--all", "-o", output, "-i", "../../intent.yaml" }, cwd = other .. "/charts/chart-2", env = other_env,
      merge = false,
    })
    assert.equal(0, r.code, r.errors)
    assert.equal(first, fs.read(output))
  end)
end)

describe("golden listing", function()
  local composition = require "orun.composition"
  local decode = require "orun.intent.decode"
  local diagnostic = require "orun.diagnostic"
  local document = require "orun.intent.document"
  local model = require "orun.composition.model"
  local value = require "host.value"

  local function compositions(file)
    local report = diagnostic.collector()
    local yaml = decode.read(assert(fs.read(file)), file, report)
    local intent = decode.object(yaml, yaml:root(), document.intent, report)
    local registry = composition.load(intent, path.dirname(file), report)
    assert.same({}, report.errors)
    local out = value.list {}
    for _, c in sorted.pairs(registry.selected) do
      local names = value.list(model.job_names(c))
      table.sort(names)
      out[#out + 1] = {
        type = c.type, source = c.source, exportPath = c.path, defaultJob = c.defaultJob, defaultProfile = c.defaultProfile, jobs = names,
        profiles = value.list(sorted.keys(c.profiles)),
      }
    end
    return out
  end

  for _, folder in ipairs { "reference-platform", "remote-state-matrix" } do
    it(folder .. ": compositions", function()
      local listing = golden.read(folder).listings
      local file = ("%s/reference-platform/%s"):format(golden.fixtures, listing.intent)
      assert.equal(golden.text(listing.compositions), golden.text(compositions(file)))
    end)
  end
end)
