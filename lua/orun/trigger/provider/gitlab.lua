-- GitLab: the variables of a pipeline say what started it. A pipeline that a webhook triggered has the payload too, in the file
-- $TRIGGER_PAYLOAD; a payload given by --event-file is read the same way.
-- Shapes: https://docs.gitlab.com/ci/variables/predefined_variables/ and https://docs.gitlab.com/user/project/integrations/webhook_events/
local text = require("orun.trigger.event").text

-- Events of pipelines by what $CI_PIPELINE_SOURCE says, where the two differ.
local by_source = { merge_request_event = "merge_request", external_pull_request_event = "external_pull_request" }

local function of_environment(env)
  local event = {
    event = by_source[env.CI_PIPELINE_SOURCE] or env.CI_PIPELINE_SOURCE or "push", branch = env.CI_COMMIT_BRANCH, tag = env.CI_COMMIT_TAG,
    base = env.CI_COMMIT_BEFORE_SHA, head = env.CI_COMMIT_SHA, repository = env.CI_PROJECT_PATH, actor = env.GITLAB_USER_LOGIN,
    ref = env.CI_COMMIT_REF_NAME, refType = env.CI_COMMIT_TAG and "tag" or "branch",
  }
  if env.CI_MERGE_REQUEST_TARGET_BRANCH_NAME then
    event.event, event.branch = "merge_request", env.CI_MERGE_REQUEST_SOURCE_BRANCH_NAME
    event.baseBranch, event.refType = env.CI_MERGE_REQUEST_TARGET_BRANCH_NAME, "merge_request"
    event.base = env.CI_MERGE_REQUEST_DIFF_BASE_SHA or event.base
  end
  return event
end

local function of_merge_request(payload)
  return {
    event = "merge_request", action = text(payload, "object_attributes", "action"),
    branch = text(payload, "object_attributes", "source_branch"), baseBranch = text(payload, "object_attributes", "target_branch"),
    head = text(payload, "object_attributes", "last_commit", "id"), actor = text(payload, "user", "username"), refType = "merge_request",
  }
end

local function of_push(payload, kind)
  local ref = text(payload, "ref")
  local branch, tag = ref:match("^refs/heads/(.+)$"), ref:match("^refs/tags/(.+)$")
  return {
    event = kind, branch = branch, tag = tag, ref = ref, refType = branch and "branch" or tag and "tag" or "unknown",
    base = text(payload, "before"), head = text(payload, "after"), actor = text(payload, "user_username"),
  }
end

local function of_payload(payload)
  local kind = text(payload, "object_kind")
  local event
  if kind == "merge_request" then
    event = of_merge_request(payload)
  elseif kind == "push" or kind == "tag_push" then
    event = of_push(payload, kind)
  else
    event = { event = kind ~= "" and kind or "unknown", action = text(payload, "object_attributes", "action"), refType = "unknown" }
  end
  event.repository = text(payload, "project", "path_with_namespace")
  return event
end

return {
  rank = 2,

  detect = function(env) return (env.GITLAB_CI or "") ~= "" end,

  payload = function(env) return env.TRIGGER_PAYLOAD end,

  event = function(payload, env)
    if payload then return of_payload(payload) end
    if not env.CI_COMMIT_SHA then
      return nil, "run it in a GitLab pipeline (CI_COMMIT_SHA is not set), or name a payload with --event-file"
    end
    return of_environment(env)
  end,

  -- The source branch has no ref in a pipeline's checkout, so the commit is asked for first.
  refs = function(_, env)
    local target, commit = env.CI_MERGE_REQUEST_TARGET_BRANCH_NAME or "", env.CI_COMMIT_SHA or ""
    local source = env.CI_MERGE_REQUEST_SOURCE_BRANCH_NAME or ""
    return {
      provider = "gitlab-ci", event = target ~= "" and "merge_request" or "push", base = target ~= "" and target or "main",
      head = commit ~= "" and commit or target ~= "" and source or "HEAD",
      variables = { "GITLAB_CI", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "CI_COMMIT_SHA" },
    }
  end,
}
