-- Between which commits the changes of a CI run lie: cases C1 to C7 of chapter 04.
local providers = require "orun.trigger.provider"

local function refs(env, payload)
  local name = providers.detect(env)
  local provider = name and providers.find(name)
  if not provider or not provider.refs then return nil end
  local found = provider.refs(payload or {}, env)
  return { found.provider, found.event, found.base, found.head }
end

local function github(env, payload)
  env.GITHUB_ACTIONS = "true"
  return refs(env, payload)
end

describe("the commits of a CI run", function()
  it("C1: of a pull request on GitHub are its base and the merge commit", function()
    local env = { GITHUB_EVENT_NAME = "pull_request", GITHUB_BASE_REF = "develop", GITHUB_SHA = "abc", GITHUB_HEAD_REF = "f" }
    assert.same({ "github-actions", "pull_request", "develop", "abc" }, github(env))
    assert.same({ "github-actions", "pull_request_target", "main", "f" },
      github { GITHUB_EVENT_NAME = " pull_request_target ", GITHUB_BASE_REF = " ", GITHUB_HEAD_REF = "f" })
  end)

  it("C2, C3: of a push are its own, main where there was nothing before", function()
    local env = { GITHUB_EVENT_NAME = "push", GITHUB_SHA = "abc" }
    assert.same({ "github-actions", "push", "b", "abc" }, github(env, { before = "b" }))
    assert.equal("main", github(env, { before = ("0"):rep(40) })[3])
    assert.same({ "github-actions", "push", "main", "abc" }, github(env))
    assert.equal("main", github(env, { before = 5 })[3])
    assert.equal("", github({ GITHUB_EVENT_NAME = "push" })[4])
  end)

  it("C4: are asked of GitHub first, however it writes true", function()
    assert.equal("github-actions", refs({ GITHUB_ACTIONS = "True", GITLAB_CI = "true" })[1])
  end)

  it("C5: of an unknown event are main and HEAD", function()
    assert.same({ "github-actions", "unknown", "main", "HEAD" }, github {})
    assert.same({ "github-actions", "schedule", "main", "abc" }, github { GITHUB_EVENT_NAME = "schedule", GITHUB_SHA = "abc" })
  end)

  it("C6: of a merge request on GitLab are the target and the commit", function()
    local env = { GITLAB_CI = "true", CI_MERGE_REQUEST_TARGET_BRANCH_NAME = "main", CI_MERGE_REQUEST_SOURCE_BRANCH_NAME = "f",
      CI_COMMIT_SHA = "s" }
    assert.same({ "gitlab-ci", "merge_request", "main", "s" }, refs(env))
    env.CI_COMMIT_SHA = nil
    assert.equal("f", refs(env)[4])
    assert.same({ "gitlab-ci", "push", "main", "HEAD" }, refs { GITLAB_CI = "1" })
  end)

  it("C7: on Buildkite are main and HEAD unless it says more", function()
    assert.same({ "buildkite", "push", "main", "HEAD" }, refs { BUILDKITE = "true" })
    assert.same({ "buildkite", "pull_request", "develop", "c" },
      refs { BUILDKITE = "true", BUILDKITE_PULL_REQUEST_BASE_BRANCH = "develop", BUILDKITE_COMMIT = "c" })
  end)

  it("are not known elsewhere", function()
    assert.is_nil(refs { CIRCLECI = "true" })
    assert.is_nil(refs { ORUN_EVENT_PATH = "e.json" })
  end)
end)
