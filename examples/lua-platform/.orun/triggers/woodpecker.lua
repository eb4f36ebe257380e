-- Woodpecker CI tells everything about an event in variables: https://woodpecker-ci.org/docs/usage/environment
local orun = require "orun"

local names = { push = "push", pull_request = "pull_request", tag = "tag", release = "release", cron = "schedule", manual = "manual" }

return {
  detect = function(env) return env.CI == "woodpecker" end,

  event = function(_, env)
    local event = names[env.CI_PIPELINE_EVENT or ""]
    if not event then
      orun.fail(("CI_PIPELINE_EVENT is %q"):format(env.CI_PIPELINE_EVENT or ""), { hint = "outside of Woodpecker name the event with it" })
    end
    local request = event == "pull_request"
    return {
      event = event,
      branch = request and env.CI_COMMIT_SOURCE_BRANCH or event ~= "tag" and env.CI_COMMIT_BRANCH or nil,
      baseBranch = request and env.CI_COMMIT_TARGET_BRANCH or nil,
      tag = env.CI_COMMIT_TAG ~= "" and env.CI_COMMIT_TAG or nil,
      base = env.CI_PREV_COMMIT_SHA,
      head = env.CI_COMMIT_SHA,
      ref = env.CI_COMMIT_REF,
      repository = env.CI_REPO,
      actor = env.CI_COMMIT_AUTHOR,
    }
  end,
}
