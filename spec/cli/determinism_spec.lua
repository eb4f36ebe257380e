-- Identical inputs give identical bytes: a thousand compilations in processes of their own, from different directories, of
-- copies whose files were created in ten random orders, under a library that permutes directory listings.
local fs = require "host.fs"
local hash = require "host.hash"
local loop = require "host.loop"
local path = require "orun.util.path"
local process = require "host.process"
local exe = require("host.system").paths().exe

local sanitized = exe:find("sanitize", 1, true) ~= nil
local COMPILATIONS = sanitized and 60 or 1000

local function shuffled(list, seed)
  math.randomseed(seed)
  local copy = table.move(list, 1, #list, 1, {})
  for i = #copy, 2, -1 do
    local j = math.random(i)
    copy[i], copy[j] = copy[j], copy[i]
  end
  return copy
end

-- A copy of a tree whose files are created in the order of the given seed.
local function copy_tree(from, to, seed)
  local files = {}
  for _, entry in ipairs(assert(fs.walk(from, { skip = { ".orun", "build" } }))) do
    if entry.type == "file" then files[#files + 1] = entry.path end
  end
  assert(#files > 5)
  for _, file in ipairs(shuffled(files, seed)) do
    assert(fs.mkdir(path.dirname(path.join(to, file))))
    assert(fs.write(path.join(to, file), assert(fs.read(path.join(from, file))), { sync = false }))
  end
end

local function compile(job)
  local env = process.environ()
  env.LD_PRELOAD, env.PERMUTE_SEED, env.ASAN_OPTIONS = job.shim, tostring(job.seed), "verify_asan_link_order=0:detect_leaks=0"
  env.LANG, env.TZ, env.HOME = job.seed % 2 == 0 and "C" or "C.UTF-8", job.seed % 3 == 0 and "Asia/Tokyo" or "UTC", job.home
  env.SOURCE_DATE_EPOCH, env.ORUN_CONFIG_DIR = nil, nil
  local output = ("%s/plan-%d.json"):format(job.home, job.seed)
  local r = assert(process.run { argv = { exe, "plan", "--all", "-o", output, "-i", path.relative(job.cwd, job.intent) }, cwd = job.cwd,
    env = env })
  assert(r.code == 0, r.output)
  local digest = assert(hash.sha256_file(output))
  assert(fs.remove(output))
  return digest
end

describe("identical inputs", function()
  it(("give one SHA-256 over %d compilations"):format(COMPILATIONS), function()
    local dir = assert(fs.temporary("/tmp/orun-determinism-"))
    local shim = dir .. "/permute.so"
    local cc = assert(process.run { argv = { "cc", "-shared", "-fPIC", "-O1", "-o", shim, "spec/support/permute.c", "-ldl" } })
    assert(cc.code == 0, cc.output)

    local trees = {}
    for i = 1, 10 do
      trees[i] = ("%s/copy-%d/deep/er"):format(dir, i)
      copy_tree("examples/platform", trees[i], i)
    end
    local digests, todo = {}, 0
    loop.scope(function()
      for _ = 1, 2 do
        loop.spawn(function()
          while todo < COMPILATIONS do
            todo = todo + 1
            local tree = trees[todo % 10 + 1]
            local cwds = { tree, dir, tree .. "/docs", "/" }
            local digest = compile { shim = shim, seed = todo, home = dir, cwd = cwds[todo % 4 + 1], intent = tree .. "/intent.yaml" }
            digests[digest] = (digests[digest] or 0) + 1
          end
        end)
      end
    end)
    fs.remove_tree(dir)
    local digest = next(digests)
    assert.same({ [digest] = COMPILATIONS }, digests)
  end)

  it("are read through the permuting library (the check can fail)", function()
    local dir = assert(fs.temporary("/tmp/orun-permute-"))
    local shim = dir .. "/permute.so"
    local cc = assert(process.run { argv = { "cc", "-shared", "-fPIC", "-O1", "-o", shim, "spec/support/permute.c", "-ldl" } })
    assert(cc.code == 0, cc.output)
    local seen = {}
    for seed = 1, 8 do
      local env = process.environ()
      env.LD_PRELOAD, env.PERMUTE_SEED = shim, tostring(seed)
      local r = assert(process.run { argv = { "ls", "-U", "src/host" }, env = env })
      seen[r.output] = true
    end
    fs.remove_tree(dir)
    local orders = 0
    for _ in pairs(seen) do orders = orders + 1 end
    assert.is_true(orders > 1)
  end)
end)
