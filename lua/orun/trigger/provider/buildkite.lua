-- Buildkite: the variables of a job say what its build is about; of a webhook's payload the same is read.
-- Shapes: https://buildkite.com/docs/pipelines/configure/environment-variables and https://buildkite.com/docs/apis/webhooks
local text = require("orun.trigger.event").text

-- Builds that nobody's push or pull request started keep the name of what did.
local own_name = { schedule = true, ui = true, api = true, trigger_job = true }

---@param build {source: string, branch: string, tag: string, commit: string, base: string, request: string}
local function event_of(build)
  local tag = build.tag ~= "" and build.tag or nil
  local event = {
    event = own_name[build.source] and build.source or "push", branch = not tag and build.branch or nil, tag = tag, head = build.commit,
    refType = tag and "tag" or "branch",
  }
  if build.request ~= "" and build.request ~= "false" then
    event.event, event.branch, event.tag, event.refType = "pull_request", build.branch, nil, "pull_request"
    event.baseBranch = build.base
  end
  return event
end

local function of_environment(env)
  local event = event_of {
    source = env.BUILDKITE_SOURCE or "", branch = env.BUILDKITE_BRANCH or "", tag = env.BUILDKITE_TAG or "",
    commit = env.BUILDKITE_COMMIT or "", base = env.BUILDKITE_PULL_REQUEST_BASE_BRANCH or "", request = env.BUILDKITE_PULL_REQUEST or "",
  }
  event.repository, event.actor = env.BUILDKITE_REPO, env.BUILDKITE_BUILD_AUTHOR
  return event
end

local function of_payload(payload)
  local build = type(payload.build) == "table" and payload.build or {}
  local event = event_of {
    source = text(build, "source"), branch = text(build, "branch"), tag = text(build, "tag"), commit = text(build, "commit"),
    base = text(build, "pull_request", "base"), request = text(build, "pull_request", "id"),
  }
  event.action, event.repository = text(payload, "event"), text(payload, "pipeline", "repository")
  event.actor = text(build, "author", "username")
  return event
end

return {
  rank = 3,

  detect = function(env) return (env.BUILDKITE or "") ~= "" end,

  event = function(payload, env)
    if payload then return of_payload(payload) end
    if not env.BUILDKITE_COMMIT then
      return nil, "run it in a Buildkite job (BUILDKITE_COMMIT is not set), or name a payload with --event-file"
    end
    return of_environment(env)
  end,

  refs = function(_, env)
    local target, commit = env.BUILDKITE_PULL_REQUEST_BASE_BRANCH or "", env.BUILDKITE_COMMIT or ""
    return {
      provider = "buildkite", event = target ~= "" and "pull_request" or "push", base = target ~= "" and target or "main",
      head = commit ~= "" and commit or "HEAD", variables = { "BUILDKITE", "BUILDKITE_PULL_REQUEST_BASE_BRANCH", "BUILDKITE_COMMIT" },
    }
  end,
}
