return function(standard)
  -- The environment dev with trigger references, and bindings.
  local function case(refs, bindings)
    return {
      ["intent.yaml"] = standard.head:gsub("{dev: }", "{dev: {activation: {triggerRefs: [" .. refs .. "]}}}")
        .. "automation:\n  triggerBindings:\n    " .. bindings .. "\n",
    }
  end
  local validate = { "validate" }
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
  }
end
