local dag = require "host.dag"

---A graph from a map id -> list of dependencies; `nodes` gives group and rank.
local function graph(needs, nodes)
  local g, ids = dag.new(), {}
  for id in pairs(needs) do ids[#ids + 1] = id end
  for _, id in ipairs(ids) do
    local node = nodes and nodes[id] or {}
    g:add(id, node.group, node.rank)
  end
  for id, list in pairs(needs) do
    for _, on in ipairs(list) do assert(g:depend(id, on)) end
  end
  return g
end

---A random graph without cycles: edges go from later to earlier of a shuffled list of ids.
local function random_graph(size, groups, ranks)
  local ids, needs, nodes = {}, {}, {}
  for i = 1, size do ids[i] = ("n%d"):format(i) end
  for i = size, 2, -1 do
    local j = math.random(i)
    ids[i], ids[j] = ids[j], ids[i]
  end
  for i, id in ipairs(ids) do
    local list = {}
    for _ = 1, i > 1 and math.random(0, 3) or 0 do list[#list + 1] = ids[math.random(i - 1)] end
    needs[id] = list
    nodes[id] = {
      group = groups > 0 and math.random(5) > 1 and "g" .. math.random(groups) or nil,
      rank = ranks and math.random(0, 3) / 2 or nil,
    }
  end
  return needs, nodes
end

---The queue's documented behaviour, written as plainly as possible.
local Model = {}
Model.__index = Model

function Model.new(needs, nodes, concurrency, cap)
  local self = setmetatable({ needs = needs, nodes = nodes, concurrency = concurrency, cap = cap, state = {}, ids = {} }, Model)
  for id in pairs(needs) do
    self.state[id] = "pending"
    self.ids[#self.ids + 1] = id
  end
  table.sort(self.ids, function(a, b)
    local ra, rb = nodes[a].rank or 0, nodes[b].rank or 0
    if ra ~= rb then return ra > rb end
    return a < b
  end)
  return self
end

function Model:ready(id)
  if self.state[id] ~= "pending" then return false end
  for _, on in ipairs(self.needs[id]) do
    if self.state[on] ~= "done" then return false end
  end
  return true
end

function Model:running()
  local running, open, groups = 0, {}, 0
  for id, state in pairs(self.state) do
    if state == "running" then
      running = running + 1
      local group = self.nodes[id].group
      if group and not open[group] then open[group], groups = true, groups + 1 end
    end
  end
  return running, open, groups
end

function Model:take()
  local running, open, groups = self:running()
  if running >= self.concurrency then return nil end
  for _, id in ipairs(self.ids) do
    local group = self.nodes[id].group
    local may_open = self.cap == 0 or group == nil or open[group] or groups < self.cap
    if self:ready(id) and may_open then
      self.state[id] = "running"
      return id
    end
  end
end

function Model:block()
  local blocked, changed = {}, true
  while changed do
    changed = false
    for id, list in pairs(self.needs) do
      if self.state[id] == "pending" then
        for _, on in ipairs(list) do
          if self.state[on] == "failed" or self.state[on] == "blocked" then
            self.state[id], changed = "blocked", true
            blocked[#blocked + 1] = id
            break
          end
        end
      end
    end
  end
  table.sort(blocked)
  return blocked
end

function Model:finish(id, ok)
  self.state[id] = ok and "done" or "failed"
  return ok and {} or self:block()
end

function Model:counts()
  local counts = { pending = 0, ready = 0, running = 0, deferred = 0, done = 0, failed = 0, blocked = 0 }
  for id, state in pairs(self.state) do
    if self:ready(id) then state = "ready" end
    counts[state] = counts[state] + 1
  end
  return counts
end

describe("host.dag", function()
  it("ranks nodes by the heaviest path that begins at them", function()
    local weighed = dag.new()
    for _, id in ipairs { "a", "b", "c", "d", "e" } do weighed:add(id) end
    weighed:depend("d", "b")
    weighed:depend("e", "d")
    weighed:weigh { a = 5, b = 1, c = 2.5, d = 1, e = 2 }
    local queue, started = weighed:queue { concurrency = 1 }, {}
    for i = 1, 5 do
      started[i] = queue:take()
      queue:finish(started[i], true)
    end
    assert.same({ "a", "b", "d", "c", "e" }, started)
  end)

  describe("graph", function()
    it("knows its nodes and edges", function()
      local g = graph { a = {}, b = { "a" }, c = { "b", "a", "b" } }
      assert.equal(3, g:size())
      assert.same({ "a", "b" }, g:dependencies "c")
      assert.same({}, g:dependencies "a")
      assert.same({ "b", "c" }, g:dependents "a")
      g:add "aa"
      assert.is_true(g:depend("aa", "a"))
      assert.same({ "aa", "b", "c" }, g:dependents "a")
    end)

    it("names unknown ids and refuses misuse", function()
      local g = graph { a = {} }
      assert.same({ false, "x" }, { g:depend("a", "x") })
      assert.same({ false, "y" }, { g:depend("y", "a") })
      assert.has_error(function() g:add "a" end, "node 'a' is there already")
      assert.has_error(function() g:dependencies "x" end, "there is no node 'x'")
      assert.has_error(function() g:add("n", nil, 0 / 0) end)
      assert.has_error(function() g:add(1) end)
    end)
  end)

  describe("order", function()
    it("takes the bytewise smallest ready id (03 §6.3)", function()
      assert.same({}, dag.new():order())
      assert.same({ "B", "a", "a-b", "a.c", "aa" }, graph({ aa = {}, ["a.c"] = {}, a = {}, ["a-b"] = {}, B = {} }):order())
      assert.same({ "b", "c", "a", "d" }, graph({ a = { "c" }, b = {}, c = {}, d = { "a" } }):order())
      assert.same({ "x\0a", "x\0b" }, graph({ ["x\0b"] = {}, ["x\0a"] = {} }):order())
    end)

    it("names a cycle, from its smallest member, in the direction of needing", function()
      local function cycle(needs)
        local order, path = graph(needs):order()
        assert.is_nil(order)
        return path
      end
      assert.same({ "a", "b", "a" }, cycle { a = { "b" }, b = { "a" } })
      assert.same({ "a", "a" }, cycle { a = { "a" } })
      assert.same({ "b", "d", "c", "b" }, cycle { a = { "c" }, b = { "d" }, c = { "b" }, d = { "c" }, z = {} })
      assert.same({ "m", "n", "m" }, cycle { a = { "m", "z" }, m = { "n" }, n = { "m" }, z = { "y" }, y = { "z" } })
    end)

    it("finds real cycles only, the same one every time", function()
      math.randomseed(3)
      for _ = 1, 200 do
        local needs = random_graph(30, 0)
        assert.truthy(graph(needs):order())
        local ids = {}
        for id in pairs(needs) do ids[#ids + 1] = id end
        table.sort(ids)
        table.insert(needs[ids[math.random(30)]], ids[math.random(30)])
        local order, cycle = graph(needs):order()
        local again, second = graph(needs):order()
        assert.same(order, again)
        assert.same(cycle, second)
        if not order then
          assert.equal(cycle[1], cycle[#cycle])
          local seen = {}
          for i = 1, #cycle - 1 do
            local found = false
            for _, on in ipairs(needs[cycle[i]]) do found = found or on == cycle[i + 1] end
            assert.is_true(found)
            assert.is_nil(seen[cycle[i]])
            assert.is_true(cycle[1] <= cycle[i])
            seen[cycle[i]] = true
          end
        end
      end
    end)
  end)

  describe("queue", function()
    local function drain(queue)
      local taken = {}
      for id in function() return queue:take() end do taken[#taken + 1] = id end
      return taken
    end

    -- Three components in two environments, all ready, as in 05 §10.
    local function platform()
      local needs, nodes = {}, {}
      for _, component in ipairs { "x", "y", "z" } do
        for _, environment in ipairs { "dev", "prod" } do
          local id = component .. "@" .. environment .. ".job"
          needs[id], nodes[id] = {}, { group = component }
        end
      end
      return graph(needs, nodes)
    end

    it("caps nodes and groups (05 §10, 05 case 14)", function()
      assert.same({ "x@dev.job", "x@prod.job" }, drain(platform():queue { concurrency = 4, groups = 1 }))
      assert.same({ "x@dev.job", "x@prod.job", "y@dev.job", "y@prod.job" }, drain(platform():queue { concurrency = 4, groups = 2 }))
      assert.same({ "x@dev.job", "x@prod.job", "y@dev.job", "y@prod.job" }, drain(platform():queue { concurrency = 4, groups = 0 }))
      assert.equal(6, #drain(platform():queue { concurrency = 9 }))
      assert.equal(1, #drain(platform():queue { concurrency = 1 }))
    end)

    it("closes a group when its last running node ends", function()
      local q = platform():queue { concurrency = 4, groups = 1 }
      drain(q)
      q:finish("x@dev.job", true)
      assert.is_nil(q:take())
      q:finish("x@prod.job", true)
      assert.equal("y@dev.job", q:take())
    end)

    it("starts higher ranks first, and caps no node without a group", function()
      local g = graph({ a = {}, b = {}, c = {}, d = {} },
        { a = { group = "g" }, b = { group = "h", rank = 2 }, c = { rank = -1 }, d = { group = "g", rank = 2.5 } })
      assert.same({ "d", "a", "c" }, drain(g:queue { concurrency = 9, groups = 1 }))
      assert.same({ "d", "b", "a", "c" }, drain(g:queue { concurrency = 9 }))
    end)

    it("blocks all that needs a failed node, once", function()
      local q = graph({ a = {}, b = { "a" }, c = { "b" }, d = { "a", "c" }, e = {}, f = { "e", "d" } }):queue { concurrency = 9 }
      drain(q)
      assert.same({ "b", "c", "d", "f" }, q:finish("a", false))
      assert.same({}, q:finish("e", false))
      assert.same({ pending = 0, ready = 0, running = 0, deferred = 0, done = 0, failed = 2, blocked = 4 }, q:counts())
      assert.equal("blocked", q:state "f")
      assert.equal("failed", q:state "a")
      assert.is_nil(q:take())
    end)

    it("skips cached nodes, ready or not", function()
      local q = graph({ a = {}, b = { "a" }, c = { "b" } }):queue { concurrency = 9 }
      q:skip "b"
      assert.equal("ready", q:state "c")
      assert.same({ "a", "c" }, drain(q))
      -- c rests on the cached b, so that a's failure does not concern it
      assert.same({}, q:finish("a", false))
      q:finish("c", true)
      assert.equal("done", q:state "c")
      q = graph({ a = {}, b = { "a" } }):queue { concurrency = 9 }
      q:skip "a"
      assert.equal("b", q:take())
    end)

    it("gives the slot of a deferred node to others, until it ends or is to be tried again", function()
      local q = platform():queue { concurrency = 2, groups = 1 }
      drain(q)
      q:defer "x@dev.job"
      assert.equal("deferred", q:state "x@dev.job")
      assert.is_nil(q:take())
      q:defer "x@prod.job"
      assert.same({ "y@dev.job", "y@prod.job" }, drain(q))
      q:finish("x@prod.job", true)
      q:retry "x@dev.job"
      q:finish("y@dev.job", true)
      q:finish("y@prod.job", true)
      assert.equal("x@dev.job", q:take())
      q = graph({ a = {}, b = { "a" } }):queue { concurrency = 1 }
      q:defer(q:take())
      assert.is_nil(q:take())
      assert.same({ "b" }, q:finish("a", false))
    end)

    it("refuses misuse", function()
      local g = graph { a = {}, b = { "a" } }
      local q = g:queue { concurrency = 1 }
      assert.has_error(function() q:finish("a", true) end, "node 'a' is not running but ready")
      assert.has_error(function() q:defer "a" end, "node 'a' is not running but ready")
      assert.has_error(function() q:retry "a" end, "node 'a' is not deferred but ready")
      assert.has_error(function() q:finish("x", true) end, "there is no node 'x'")
      q:take()
      assert.has_error(function() q:skip "a" end, "node 'a' cannot be skipped: it is running")
      assert.has_error(function() q:finish "a" end)
      g:add "later"
      assert.has_error(function() q:state "later" end, "there is no node 'later'")
      assert.has_error(function() g:queue { concurrency = 0 } end)
      assert.has_error(function() g:queue { concurrency = "many" } end, "option 'concurrency' must be an integer")
    end)

    it("never gives nodes of a cycle", function()
      local q = graph({ a = { "b" }, b = { "a" }, c = {} }):queue { concurrency = 9 }
      assert.same({ "c" }, drain(q))
      assert.equal(2, q:counts().pending)
    end)

    it("outlives its graph", function()
      local q = graph({ a = {}, b = { "a" } }):queue { concurrency = 1 }
      collectgarbage()
      assert.equal("a", q:take())
      q:finish("a", true)
      assert.equal("b", q:take())
    end)

    it("behaves like a naive model on random graphs", function()
      math.randomseed(5)
      for round = 1, 150 do
        local needs, nodes = random_graph(math.random(1, 40), math.random(0, 6), round % 2 == 0)
        local concurrency, cap = math.random(1, 6), round % 3
        local model = Model.new(needs, nodes, concurrency, cap)
        local queue = graph(needs, nodes):queue { concurrency = concurrency, groups = cap }
        local running, deferred = {}, {}
        for _, id in ipairs(model.ids) do
          if math.random(12) == 1 then
            model.state[id] = "done"
            queue:skip(id)
          end
        end
        while true do
          local id = model:take()
          assert.equal(id, queue:take())
          if id then
            running[#running + 1] = id
          elseif #running + #deferred == 0 then
            break
          end
          if #running > 0 and math.random(6) == 1 then
            local given = table.remove(running, math.random(#running))
            model.state[given], deferred[#deferred + 1] = "deferred", given
            queue:defer(given)
          end
          if #deferred > 0 and math.random(3) == 1 then
            local back = table.remove(deferred, math.random(#deferred))
            if math.random(2) == 1 then
              model.state[back] = "pending"
              queue:retry(back)
            else
              assert.same(model:finish(back, true), queue:finish(back, true))
            end
          end
          if #running > 0 and (not id or math.random(3) == 1) then
            local ended, ok = table.remove(running, math.random(#running)), math.random(8) > 1
            assert.same(model:finish(ended, ok), queue:finish(ended, ok))
          end
          assert.same(model:counts(), queue:counts())
        end
        for _, id in ipairs(model.ids) do assert.equal(model.state[id], queue:state(id)) end
      end
    end)

    it("manages 100,000 nodes, with most of them ready in groups that may not open", function()
      local g = dag.new()
      local size = 100000
      for i = 1, size do g:add(("component-%05d@production.deploy"):format(i * 7919 % size), "g" .. i % 1000, i % 10) end
      for i = 1, size - 1, 3 do
        assert(g:depend(("component-%05d@production.deploy"):format(i), ("component-%05d@production.deploy"):format(i - 1)))
      end
      local order = assert(g:order())
      assert.equal(size, #order)
      local q = g:queue { concurrency = 8, groups = 2 }
      local taken, running = 0, {}
      while true do
        local id = q:take()
        if id then
          taken = taken + 1
          running[#running + 1] = id
        elseif #running == 0 then
          break
        else
          q:finish(table.remove(running, 1), true)
        end
      end
      assert.equal(size, taken)
      assert.equal(size, q:counts().done)
    end)

    it("blocks a chain of 100,000 nodes in one go, and finds a cycle as long", function()
      local g = dag.new()
      local size = 100000
      for i = 1, size do g:add(("n%06d"):format(i)) end
      for i = 2, size do g:depend(("n%06d"):format(i), ("n%06d"):format(i - 1)) end
      local q = g:queue { concurrency = 1 }
      assert.equal(size - 1, #q:finish(q:take(), false))
      g:depend("n000001", ("n%06d"):format(size))
      local order, cycle = g:order()
      assert.is_nil(order)
      assert.equal(size + 1, #cycle)
      assert.same({ "n000001", "n100000", "n099999" }, { table.unpack(cycle, 1, 3) })
    end)
  end)
end)
