-- Cases T6 to T22 of chapter 04, on the stage that decides them: a model and an event in, a resolution or diagnostics out.
local diagnostic = require "orun.diagnostic"
local events = require "orun.trigger.event"
local glob = require "orun.trigger.glob"
local platform = dofile "spec/support/platform.lua"
local providers = require "orun.trigger.provider"
local resolution = require "orun.trigger.resolution"

local head = [[
environments:
  dev: {activation: {triggerRefs: [pr]}}
  stage: {activation: {triggerRefs: [push-main]}}
  prod: {activation: {triggerRefs: [tag]}}
]]
local bindings = [[
automation:
  triggerBindings:
    pr:
      on: {provider: github, event: pull_request, actions: [opened, synchronize], baseBranches: [main]}
      plan: {scope: changed, base: pull_request.base.sha, head: pull_request.head.sha}
    push-main: {on: {provider: github, event: push, branches: [main]}, plan: {scope: changed, base: before, head: after}}
    tag: {on: {provider: github, event: push, tags: ["v*"]}, plan: {scope: full}}
]]

local function model_of(text)
  return assert((platform.new { ["intent.yaml"] = text }):model())
end

local function github(payload, env)
  local made = providers.find("github").event(payload, env or {})
  return assert(events.complete(made, "github", payload))
end

local function pull_request(action)
  return {
    action = action or "synchronize",
    pull_request = { base = { ref = "main", sha = "b1" }, head = { ref = "feature/x", sha = "h1" } },
  }
end

local function push(ref)
  return { ref = ref, before = "b2", after = "a2" }
end

---@return table? resolution
---@return string messages of the report
local function resolve(text, request, patterns)
  local report = diagnostic.collector()
  local found = resolution.resolve(model_of(text), request, patterns, report)
  local lines = {}
  for i, d in ipairs(report.errors) do lines[i] = d.kind .. ": " .. d.message end
  return found, table.concat(lines, "\n")
end

local function resolve_event(payload, more)
  return resolve(head .. bindings .. (more or ""), { mode = "event-file", event = github(payload) })
end

describe("a trigger", function()
  after_each(platform.clean)

  it("T6: of a pull request gives bindings, environments, scope and commits", function()
    assert.same({
      mode = "event-file", provider = "github", event = "pull_request", action = "synchronize", matchedBindings = { "pr" },
      activeEnvironments = { "dev" }, scope = "changed", base = "b1", head = "h1",
    }, (resolve_event(pull_request())))
  end)

  it("T7: does not match an event of another name", function()
    local event = github(pull_request(), { GITHUB_EVENT_NAME = "pull_request_target" })
    assert.equal("main", event.baseBranch)
    local found, said = resolve(head .. bindings, { mode = "event-file", event = event })
    assert.is_nil(found)
    assert.truthy(said:find("trigger.not-matched: no trigger binding matched the github event pull_request_target", 1, true))
  end)

  it("T8: names provider, event and action of what nothing wants", function()
    local found, said = resolve_event(pull_request "closed")
    assert.is_nil(found)
    assert.equal("trigger.not-matched: no trigger binding matched the github event pull_request action closed branch feature/x "
      .. "base branch main", said)
  end)

  it("T9: of a tag keeps the payload's commits", function()
    local found = resolve_event(push "refs/tags/v1.5.0")
    assert.same({ { "tag" }, { "prod" }, "full", "b2", "a2" },
      { found.matchedBindings, found.activeEnvironments, found.scope, found.base, found.head })
  end)

  it("T10: without an action says none", function()
    local _, said = resolve_event(push "refs/heads/dev")
    assert.equal("trigger.not-matched: no trigger binding matched the github event push branch dev", said)
  end)

  it("T11: must exist when it is named", function()
    local _, said = resolve(head .. bindings, { mode = "named-trigger", name = "nope" })
    assert.equal('trigger.not-found: trigger binding "nope" was not found in automation.triggerBindings', said)
  end)

  it("T12: must activate something", function()
    local _, said = resolve(head .. bindings .. "    idle: {on: {provider: github, event: push}}\n", { mode = "named-trigger",
      name = "idle" })
    assert.truthy(said:find("^trigger.inactive: trigger binding idle matched"), said)
  end)

  it("T13, T14: is narrowed by --env, wildcards included, but not widened", function()
    local request = { mode = "event-file", event = github(pull_request()) }
    local function environments(...)
      local found, said = resolve(head .. bindings, request, { ... })
      return found and found.activeEnvironments or said
    end
    assert.same({ "dev" }, environments("dev", "prod"))
    assert.same({ "dev" }, environments "de*")
    assert.equal("trigger.environment: environment prod is not activated by the trigger pr", environments "prod")
    assert.equal("plan.unknown-environment: no environment matched porduction", environments("dev", "porduction"))
  end)

  it("T15, T16: has one scope; a binding without one agrees with any", function()
    local other = "    all-push: {on: {provider: github, event: push}%s}\n"
    local _, said = resolve_event(push "refs/heads/main", other:format ", plan: {scope: full}")
    assert.equal("trigger.scope-conflict: the matched trigger bindings have conflicting scopes: all-push=full, push-main=changed", said)
    local found = resolve_event(push "refs/heads/main", other:format "")
    assert.same({ "changed", { "all-push", "push-main" } }, { found.scope, found.matchedBindings })
    _, said = resolve_event(push "refs/heads/main", other:format ", plan: {scope: full}"
      .. "    b: {on: {provider: github, event: push}}\n")
    assert.truthy(said:find("all-push=full, b=, push-main=changed", 1, true), said)
  end)

  it("T17: compares with globs of one star", function()
    for _, case in ipairs {
      { "v*", "v1", true }, { "*", "x", true }, { "*", "", false }, { "release/*", "release/a/b", true }, { "a*a", "a", true },
      { "feature/**", "feature/x", true }, { "feature/**", "feature/x/y", true }, { "Main", "main", false }, { "*-rc", "1-rc", true },
      { "v*.0", "v1.0", true }, { "v*.0", "v1.1", false }, { "a?", "ab", false }, { "**", "", false }, { "a*b*c", "axb*c", true },
      { "a*b*c", "axbxc", false },
    } do
      assert.equal(case[3], glob.matches(case[1], case[2]), case[1] .. " " .. case[2])
    end
  end)

  it("T18: falls back to the event's commit where a path leads nowhere", function()
    local found = resolve(head .. bindings:gsub("base: pull_request.base.sha", "base: pull_request.nope.sha"),
      { mode = "event-file", event = github(pull_request()) })
    assert.equal("b1", found.base)
  end)

  it("T19: takes the first path that leads somewhere, in the order of names", function()
    local found = resolve_event(push "refs/heads/main", [[
    a: {on: {provider: github, event: push}, plan: {base: nowhere, head: ref}}
    b: {on: {provider: github, event: push}, plan: {base: after, head: after}}
]])
    assert.same({ "a2", "refs/heads/main" }, { found.base, found.head })
  end)

  it("T20: keeps an empty scope and says nothing of events when it is named", function()
    local found = resolve(head .. bindings:gsub("scope: changed, base: before", "base: before"), { mode = "named-trigger",
      name = "push-main" })
    assert.same({
      mode = "named-trigger", matchedBindings = { "push-main" }, activeEnvironments = { "stage" }, scope = "", base = "before",
      head = "after",
    }, found)
  end)

  it("reads scalars of a payload as texts, and nothing else", function()
    local raw = { a = { b = true, n = 12, big = 1000000, x = 1.5, list = { "x" } }, s = "", ["a.b"] = "dotted" }
    for dotted, text in next, { ["a.b"] = "true", ["a.n"] = "12", ["a.big"] = "1e+06", ["a.x"] = "1.5" } do
      assert.equal(text, resolution.lookup(raw, dotted))
    end
    for _, dotted in ipairs { "a", "a.list", "a.c", "s", "s.t", "", "." } do assert.is_nil(resolution.lookup(raw, dotted), dotted) end
  end)

  it("T22: is declared with a bare `on`", function()
    assert.equal("pull_request", model_of(head .. bindings).automation.triggerBindings.pr.on.event)
  end)

  it("is an error when none is declared", function()
    local _, said = resolve(head:gsub(", stage.*", ""), { mode = "event-file", event = github(push "refs/heads/main") })
    assert.equal("trigger.none: no trigger bindings defined", said)
  end)

  it("comes from presets too", function()
    -- A binding that only a preset declares is as good as the intent's own.
    local p = platform.new {
      ["intent.yaml"] = "environments: {dev: {activation: {triggerRefs: [push]}}}\n"
        .. "compositions: {sources: [{name: kit, kind: dir, path: kit}]}\n"
        .. "extends: [{source: kit, preset: base}]\n",
      ["kit/stack.yaml"] = "kind: Stack\nmetadata: {name: kit}\nspec: {intentPresets: [{name: base, path: base.yaml}]}\n",
      ["kit/base.yaml"] = "kind: IntentPreset\nmetadata: {name: base}\n"
        .. "spec: {automation: {triggerBindings: {push: {on: {provider: github, event: push}}}}}\n",
    }
    local model = assert(p:model())
    local report = diagnostic.collector()
    local found = resolution.resolve(model, { mode = "named-trigger", name = "push" }, nil, report)
    assert.same({ "dev" }, found and found.activeEnvironments, tostring(report.errors[1] and report.errors[1].message))
  end)
end)
