-- GitHub: the payload is the JSON of the webhook, which Actions writes to the file $GITHUB_EVENT_PATH.
-- Shapes: https://docs.github.com/en/webhooks/webhook-events-and-payloads
local event_module = require "orun.trigger.event"
local is_zero, text = event_module.is_zero, event_module.text

local function inferred(payload)
  if payload.pull_request ~= nil then return "pull_request" end
  if payload.before ~= nil and payload.after ~= nil then return "push" end
  if payload.workflow ~= nil then return "workflow_dispatch" end
  return "unknown"
end

local read = {}

function read.pull_request(payload)
  return {
    action = text(payload, "action"), branch = text(payload, "pull_request", "head", "ref"),
    baseBranch = text(payload, "pull_request", "base", "ref"), base = text(payload, "pull_request", "base", "sha"),
    head = text(payload, "pull_request", "head", "sha"), refType = "pull_request",
  }
end

read.pull_request_target = read.pull_request

local function of_ref(ref, other)
  local branch, tag = ref:match("^refs/heads/(.+)$"), ref:match("^refs/tags/(.+)$")
  return { branch = branch, tag = tag, ref = ref, refType = branch and "branch" or tag and "tag" or other }
end

function read.push(payload)
  local event = of_ref(text(payload, "ref"), "unknown")
  event.base, event.head = text(payload, "before"), text(payload, "after")
  return event
end

function read.workflow_dispatch(payload)
  return of_ref(text(payload, "ref"), "")
end

function read.release(payload)
  return { action = text(payload, "action"), tag = text(payload, "release", "tag_name"), refType = "tag" }
end

local function read_other(payload)
  return { action = text(payload, "action"), refType = "unknown" }
end

local function set(value)
  local trimmed = (value or ""):match("^%s*(.-)%s*$")
  return trimmed ~= "" and trimmed or nil
end

-- Of a pull request the merge commit is the head on purpose: a checkout has it, and no ref of the branch's name.
local function refs(payload, env)
  local event, sha = set(env.GITHUB_EVENT_NAME), set(env.GITHUB_SHA)
  if event == "pull_request" or event == "pull_request_target" then
    return event, set(env.GITHUB_BASE_REF) or "main", sha or set(env.GITHUB_HEAD_REF) or ""
  elseif event == "push" then
    local before = set(text(payload, "before"))
    return event, before and not is_zero(before) and before or "main", sha or ""
  end
  return event or "unknown", "main", sha or "HEAD"
end

return {
  rank = 1,

  detect = function(env) return (env.GITHUB_ACTIONS or ""):lower() == "true" end,

  payload = function(env) return env.GITHUB_EVENT_PATH end,

  event = function(payload, env)
    if not payload then return nil, "name the payload with --event-file; GitHub Actions names it in GITHUB_EVENT_PATH" end
    local name = env.GITHUB_EVENT_NAME or ""
    if name == "" then name = inferred(payload) end
    local event = (read[name] or read_other)(payload)
    event.event, event.repository, event.actor = name, text(payload, "repository", "full_name"), text(payload, "sender", "login")
    return event
  end,

  refs = function(payload, env)
    local event, base, head = refs(payload, env)
    return {
      provider = "github-actions", event = event, base = base, head = head, variables = {
        "GITHUB_ACTIONS", "GITHUB_EVENT_NAME", "GITHUB_BASE_REF", "GITHUB_HEAD_REF", "GITHUB_SHA", "GITHUB_EVENT_PATH",
      },
    }
  end,
}
