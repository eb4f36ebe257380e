-- What each provider makes of its system's variables and payloads.
local events = require "orun.trigger.event"
local providers = require "orun.trigger.provider"

local function event(name, payload, env)
  local made, reason = providers.find(name).event(payload, env or {})
  if not made then return nil, reason end
  local found = assert(events.complete(made, name, payload))
  found.raw = nil
  local said = {}
  for key, text in next, found do said[key] = text ~= "" and text or nil end
  return said
end

describe("provider", function()
  it("names are those of the files", function()
    assert.same({ "buildkite", "generic", "github", "gitlab" }, providers.shipped())
    for _, name in ipairs { "nothing", "../provider", "github.x", "", "a/b" } do assert.is_nil(providers.find(name)) end
  end)

  it("is detected by variables; GitHub is asked first, then GitLab", function()
    assert.equal("github", providers.detect { GITHUB_ACTIONS = "True", GITLAB_CI = "true", BUILDKITE = "true" })
    assert.equal("gitlab", providers.detect { GITHUB_ACTIONS = "1", GITLAB_CI = "1", BUILDKITE = "true" })
    assert.equal("buildkite", providers.detect { GITLAB_CI = "", BUILDKITE = "true" })
    assert.equal("generic", providers.detect { ORUN_EVENT_PATH = "e.json" })
    assert.is_nil(providers.detect { CIRCLECI = "true" })
  end)
end)

describe("github", function()
  local repository = { full_name = "example/platform" }

  it("reads pull requests", function()
    local payload = {
      action = "opened", repository = repository, sender = { login = "octocat" },
      pull_request = { head = { ref = "feature/x", sha = "h" }, base = { ref = "main", sha = "b" } },
    }
    local expected = {
      provider = "github", event = "pull_request", action = "opened", branch = "feature/x", baseBranch = "main", base = "b", head = "h",
      refType = "pull_request", repository = "example/platform", actor = "octocat",
    }
    assert.same(expected, event("github", payload))
    expected.event = "pull_request_target"
    assert.same(expected, event("github", payload, { GITHUB_EVENT_NAME = "pull_request_target" }))
  end)

  it("reads pushes of branches, tags and anything else", function()
    local function push(ref) return event("github", { ref = ref, before = "b", after = "a" }) end
    assert.same({ provider = "github", event = "push", branch = "a/b", base = "b", head = "a", ref = "refs/heads/a/b", refType = "branch" },
      push "refs/heads/a/b")
    assert.same({ provider = "github", event = "push", tag = "v1", base = "b", head = "a", ref = "refs/tags/v1", refType = "tag" },
      push "refs/tags/v1")
    assert.same({ provider = "github", event = "push", base = "b", head = "a", ref = "refs/notes/x", refType = "unknown" },
      push "refs/notes/x")
  end)

  it("reads releases, dispatches on branches and tags, and other events by what they have", function()
    local release = { action = "published", release = { tag_name = "v2" } }
    assert.same({ provider = "github", event = "release", action = "published", tag = "v2", refType = "tag" },
      event("github", release, { GITHUB_EVENT_NAME = "release" }))
    assert.same({ provider = "github", event = "workflow_dispatch", tag = "v3", ref = "refs/tags/v3", refType = "tag" },
      event("github", { workflow = "w.yaml", ref = "refs/tags/v3" }))
    assert.same({ provider = "github", event = "workflow_dispatch", ref = "v3" }, event("github", { workflow = "w.yaml", ref = "v3" }))
    assert.same({ provider = "github", event = "merge_group", action = "checks_requested", refType = "unknown" },
      event("github", { action = "checks_requested" }, { GITHUB_EVENT_NAME = "merge_group" }))
    assert.same({ provider = "github", event = "unknown", refType = "unknown" }, event("github", {}))
  end)

  it("takes what has the wrong type for missing", function()
    assert.same({ provider = "github", event = "pull_request", refType = "pull_request" },
      event("github", { action = 5, pull_request = { head = "x", base = { ref = {} } } }))
  end)

  it("has no event without a payload", function()
    assert.is_nil((event "github"))
  end)
end)

describe("gitlab", function()
  it("reads the variables of a pipeline", function()
    assert.same({
      provider = "gitlab", event = "merge_request", branch = "feature/x", baseBranch = "main", base = "b", head = "s",
      refType = "merge_request",
      repository = "group/platform",
    }, event("gitlab", nil, {
      CI_PIPELINE_SOURCE = "merge_request_event", CI_MERGE_REQUEST_TARGET_BRANCH_NAME = "main",
      CI_MERGE_REQUEST_SOURCE_BRANCH_NAME = "feature/x", CI_MERGE_REQUEST_DIFF_BASE_SHA = "b", CI_COMMIT_SHA = "s",
      CI_PROJECT_PATH = "group/platform",
    }))
    assert.same({ provider = "gitlab", event = "push", branch = "main", base = "b", head = "s", ref = "main", refType = "branch" },
      event("gitlab", nil, {
        CI_PIPELINE_SOURCE = "push", CI_COMMIT_BRANCH = "main", CI_COMMIT_BEFORE_SHA = "b", CI_COMMIT_SHA = "s",
        CI_COMMIT_REF_NAME = "main",
      }))
    assert.same({ provider = "gitlab", event = "push", tag = "v1", head = "s", ref = "v1", refType = "tag" },
      event("gitlab", nil, { CI_PIPELINE_SOURCE = "push", CI_COMMIT_TAG = "v1", CI_COMMIT_SHA = "s", CI_COMMIT_REF_NAME = "v1" }))
    assert.equal("schedule", event("gitlab", nil, { CI_PIPELINE_SOURCE = "schedule", CI_COMMIT_SHA = "s" }).event)
    assert.is_nil((event("gitlab", nil, {})))
  end)

  it("reads webhooks", function()
    assert.same({
      provider = "gitlab", event = "merge_request", action = "open", branch = "feature/x", baseBranch = "main", head = "s", actor = "mia",
      refType = "merge_request", repository = "group/platform",
    }, event("gitlab", {
      object_kind = "merge_request", user = { username = "mia" }, project = { path_with_namespace = "group/platform" },
      object_attributes = { action = "open", source_branch = "feature/x", target_branch = "main", last_commit = { id = "s" } },
    }))
    assert.same({ provider = "gitlab", event = "tag_push", tag = "v1", base = "b", head = "a", ref = "refs/tags/v1", refType = "tag" },
      event("gitlab", { object_kind = "tag_push", ref = "refs/tags/v1", before = "b", after = "a" }))
    assert.same({ provider = "gitlab", event = "issue", action = "open", refType = "unknown" },
      event("gitlab", { object_kind = "issue", object_attributes = { action = "open" } }))
  end)
end)

describe("buildkite", function()
  it("reads the variables of a job", function()
    assert.same({ provider = "buildkite", event = "push", branch = "main", head = "c", refType = "branch" },
      event("buildkite", nil, { BUILDKITE_COMMIT = "c", BUILDKITE_BRANCH = "main", BUILDKITE_PULL_REQUEST = "false",
        BUILDKITE_SOURCE = "webhook" }))
    assert.same({ provider = "buildkite", event = "push", tag = "v1", head = "c", refType = "tag" },
      event("buildkite", nil, { BUILDKITE_COMMIT = "c", BUILDKITE_BRANCH = "v1", BUILDKITE_TAG = "v1", BUILDKITE_PULL_REQUEST = "false" }))
    assert.same({ provider = "buildkite", event = "pull_request", branch = "x", baseBranch = "main", head = "c", refType = "pull_request" },
      event("buildkite", nil, {
        BUILDKITE_COMMIT = "c", BUILDKITE_BRANCH = "x", BUILDKITE_PULL_REQUEST = "7", BUILDKITE_PULL_REQUEST_BASE_BRANCH = "main",
      }))
    assert.equal("schedule", event("buildkite", nil, { BUILDKITE_COMMIT = "c", BUILDKITE_SOURCE = "schedule" }).event)
    assert.is_nil((event("buildkite", nil, {})))
  end)

  it("reads webhooks", function()
    assert.same({
      provider = "buildkite", event = "pull_request", action = "build.scheduled", branch = "x", baseBranch = "main", head = "c",
      refType = "pull_request", repository = "git@host:platform.git",
    }, event("buildkite", {
      event = "build.scheduled", pipeline = { repository = "git@host:platform.git" },
      build = { commit = "c", branch = "x", source = "webhook", pull_request = { id = "7", base = "main" } },
    }))
  end)
end)

describe("generic", function()
  it("takes the payload as it is", function()
    assert.same({ provider = "generic", event = "deploy", branch = "main", head = "c", actor = "mia" },
      event("generic", { event = "deploy", branch = "main", head = "c", actor = "mia", more = { 1 } }))
    for _, payload in ipairs { {}, { event = "" }, { event = 5 } } do assert.is_nil((event("generic", payload))) end
    assert.is_nil((event "generic"))
  end)
end)
