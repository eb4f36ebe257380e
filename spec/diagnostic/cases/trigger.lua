return function(standard)
  -- The environment dev with trigger references, and bindings.
  local function case(refs, bindings)
    return {
      ["intent.yaml"] = standard.head:gsub("{dev: }", "{dev: {activation: {triggerRefs: [" .. refs .. "]}}}")
        .. "automation:\n  triggerBindings:\n    " .. bindings .. "\n",
    }
  end
  local validate = { "validate" }
  -- `orun plan --from-ci github` in this environment of variables.
  local function ci(files, more)
    files["event.json"] = '{"ref": "refs/heads/main", "before": "1", "after": "2"}'
    local found = { argv = { "plan", "--from-ci", "github", "--event-file", "event.json" }, files = files }
    for key, v in next, more do found[key] = v end
    return found
  end
  local good = "push: {on: {provider: github, event: push}}"
  return {
    { "trigger.binding-name", argv = validate, files = case('""', '‸"": {on: {provider: github, event: push}}') },
    { "trigger.provider-required", argv = validate, files = case("push", "push: {on: ‸{event: push}}") },
    { "trigger.event-required", argv = validate, files = case("push", "push: {on: ‸{provider: github}}") },
    { "trigger.scope", argv = validate, files = case("push", "push: {on: {provider: github, event: push}, plan: {scope: ‸all}}") },
    { "trigger.unknown-ref", argv = validate, files = case("push, ‸psuh", good) },
    { "trigger.duplicate-ref", argv = validate, files = case("push, ‸push", good) },
    { "trigger.unused", argv = validate, warning = true, files = case("", "‸" .. good) },
    { "trigger.unknown-ref", argv = { "plan" }, warning = true, files = case("push, ‸psuh", good) },
    { "trigger.not-found", argv = { "plan", "--trigger", "psuh" }, files = case("push", good) },
    ci({}, { "trigger.none" }),
    ci(case("pr", "pr: {on: {provider: github, event: pull_request}}"), { "trigger.not-matched" }),
    ci(case("", "‸" .. good), { "trigger.inactive", also = { "trigger.unused" } }),
    { "trigger.environment", argv = { "plan", "--trigger", "push", "--env", "prod" }, files = case("push", good) },
    ci(case("a, b", "a: {on: {provider: github, event: push}, plan: {scope: full}}\n"
      .. "    b: {on: {provider: github, event: push}, plan: {scope: ‸changed}}"), { "trigger.scope-conflict" }),
    { "trigger.unknown-provider", argv = { "plan", "--from-ci", "gihtub" } },
    { "trigger.unknown-provider", argv = { "plan", "--from-ci", "auto" }, env = { GITLAB_CI = "", BUILDKITE = "" } },
    {
      "trigger.provider-ignored", warning = true, argv = { "plan", "--trigger", "push", "--from-ci", "github" }, files = case("push", good),
    },
    {
      "trigger.provider-failed", argv = { "plan", "--from-ci", "forge" }, place = ".orun/triggers/forge.lua:2:3",
      files = { [".orun/triggers/forge.lua"] = "local function event(p)\n  return p.x\nend\nreturn { detect = event, event = event }\n" },
    },
    {
      "trigger.no-event", argv = { "plan", "--from-ci", "forge" }, place = ".orun/triggers/forge.lua:2:3",
      files = {
        [".orun/triggers/forge.lua"] = 'return { detect = print,\n  event = function() return { event = "push", brnch = "main" } end }\n',
      },
    },
    {
      "trigger.hidden", warning = true, argv = { "plan", "--from-ci", "buildkite" }, place = ".orun/triggers/github.lua",
      also = { "trigger.no-event" }, files = { [".orun/triggers/github.lua"] = "return {}\n" },
    },
    { "trigger.no-event", argv = { "plan", "--from-ci", "github" }, files = case("push", good) },
    { "trigger.event-unreadable", argv = { "plan", "--from-ci", "github", "--event-file", "none.json" }, files = case("push", good) },
    { "trigger.event-syntax", argv = { "plan", "--from-ci", "generic", "--event-file", "list.json" }, files = { ["list.json"] = "‸[1]" } },
    { "trigger.event-syntax", argv = { "plan", "--from-ci", "github", "--event-file", "bad.json" },
      files = { ["bad.json"] = '{\n  "ref": ‸}' } },
  }
end
