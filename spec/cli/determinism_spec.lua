-- Identical inputs give identical bytes: a thousand compilations in processes of their own, in different locales, time zones, homes and
-- directories, of copies whose files were created in ten random orders, under a library that permutes directory listings, some of them
-- on a machine that has much else to do.
local fs = require "host.fs"
local hash = require "host.hash"
local loop = require "host.loop"
local path = require "orun.util.path"
local process = require "host.process"
local exe = require("host.system").paths().exe

-- Programs that watch themselves are slow.
local slow = exe:find("sanitize", 1, true) or exe:find("coverage", 1, true)
local COMPILATIONS = slow and 60 or 1000

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
  for _, entry in ipairs(assert(fs.walk(from, { skip_any = { "build" } }))) do
    -- Of .orun only what is source counts, not what former runs have left.
    local made = entry.path:find "^%.orun/" and not entry.path:find "^%.orun/%l+s/%l+%.lua$"
    if entry.type == "file" and not made then files[#files + 1] = entry.path end
  end
  assert(#files > 5)
  for _, file in ipairs(shuffled(files, seed)) do
    assert(fs.mkdir(path.dirname(path.join(to, file))))
    assert(fs.write(path.join(to, file), assert(fs.read(path.join(from, file))), { sync = false }))
  end
end

-- What must not matter: locale, time zone, home, directory, order of files, load. Each has several values, of lengths that have no
-- divisor in common, so that all combinations come up. False: the variable is not set.
local locales = { "C", "C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8", false, "no such locale", "POSIX" }
local zones = { "UTC", "Asia/Tokyo", "America/St_Johns", "<+13>-13", false }
local homes = { "home-1", "home-2/none", false }

local function draw(list, n) return list[n % #list + 1] end

local function environment(shim, dir, seed)
  local env = process.environ()
  for name in next, process.environ() do
    if name:find "^LC_" or name:find "^ORUN_" or name == "LANGUAGE" then env[name] = nil end
  end
  env.LD_PRELOAD, env.PERMUTE_SEED, env.ASAN_OPTIONS = shim, tostring(seed), "verify_asan_link_order=0:detect_leaks=0"
  env.SOURCE_DATE_EPOCH = nil
  local home = draw(homes, seed)
  env.LANG, env.LC_ALL = draw(locales, seed) or nil, seed % 2 == 0 and draw(locales, seed // 2) or nil
  env.TZ, env.HOME = draw(zones, seed) or nil, home and dir .. "/" .. home or nil
  return env
end

local function compile(job)
  local output = ("%s/plan-%d.json"):format(job.dir, job.seed)
  local r = assert(process.run { argv = { exe, "plan", "--all", "-o", output, "-i", path.relative(job.cwd, job.intent) }, cwd = job.cwd,
    env = environment(job.shim, job.dir, job.seed) })
  assert(r.code == 0, r.output)
  local digest = assert(hash.sha256_file(output))
  assert(fs.remove(output))
  return digest
end

---Compiles until `count` are done, so many at a time.
local function compile_all(todo, count, at_once, job_of, digests)
  loop.scope(function()
    for _ = 1, at_once do
      loop.spawn(function()
        while todo < count do
          todo = todo + 1
          local digest = compile(job_of(todo))
          digests[digest] = (digests[digest] or 0) + 1
        end
      end)
    end
  end)
  return todo
end

-- Runs `fn` while other programs do nothing but run; not for ever, should this one be killed.
local function under_load(fn)
  local burners = {}
  for i = 1, 3 do burners[i] = assert(process.start { argv = { "timeout", "300", "/bin/sh", "-c", "while :; do :; done" } }) end
  local ok, err = pcall(fn)
  for _, burner in ipairs(burners) do
    burner:kill "KILL"
    burner:wait()
  end
  if not ok then error(err, 0) end
end

local function compile_often(platform)
  local dir = assert(fs.temporary("/tmp/orun-determinism-"))
  assert(fs.mkdir(dir .. "/home-1"))
  local shim = dir .. "/permute.so"
  local cc = assert(process.run { argv = { "cc", "-shared", "-fPIC", "-O1", "-o", shim, "spec/support/permute.c", "-ldl" } })
  assert(cc.code == 0, cc.output)

  local trees = {}
  for i = 1, 10 do
    trees[i] = ("%s/copy-%d/deep/er"):format(dir, i)
    copy_tree(platform, trees[i], i)
  end
  local function job_of(n)
    local tree = trees[n % 10 + 1]
    local cwds = { tree, dir, tree .. "/docs", "/" }
    return { shim = shim, seed = n, dir = dir, cwd = cwds[n % 4 + 1], intent = tree .. "/intent.yaml" }
  end
  local digests, loaded = {}, COMPILATIONS // 5
  compile_all(0, COMPILATIONS - loaded, 2, job_of, digests)
  under_load(function() compile_all(COMPILATIONS - loaded, COMPILATIONS, 8, job_of, digests) end)
  fs.remove_tree(dir)
  local digest = next(digests)
  assert.same({ [digest] = COMPILATIONS }, digests)
end

describe("identical inputs", function()
  for _, platform in ipairs { "examples/platform", "examples/lua-platform" } do
    it(("give one SHA-256 over %d compilations of %s"):format(COMPILATIONS, platform), function() compile_often(platform) end)
  end

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
