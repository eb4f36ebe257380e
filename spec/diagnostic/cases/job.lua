-- Templates, jobs, dependencies between jobs, policies.
return function(standard, sources)
  local component, head = standard.component, standard.head

  -- The standard composition with other jobs.
  local function jobs(text)
    return { ["kit/compositions/sh/composition.yaml"] = sources.composition("sh", "  jobs:\n" .. text) }
  end

  local function step(text)
    return jobs("    - {name: build, steps: [" .. text .. "]}\n")
  end

  local function profiled(build, intent)
    return {
      ["intent.yaml"] = intent and head .. intent or nil,
      ["kit/compositions/sh/composition.yaml"] = sources.composition("sh", "  jobs:\n    - name: build\n"
        .. "      steps: [{name: make, run: make}, {name: test, run: test}]\n"
        .. "  defaultProfile: quick\n  executionProfiles: {quick: {jobs: {build: " .. build .. "}}}\n"),
    }
  end

  local function intent(text)
    return { ["intent.yaml"] = sources.intent .. text }
  end

  local function rule(key)
    return function(text)
      local files = intent("environments: {dev: {policies: {" .. key .. ": strict}}}\n" .. component())
      files[".orun/policies/" .. key .. ".lua"] = text
      return files
    end
  end

  local function policies(text, rest)
    return intent("environments: {dev: {policies: " .. text .. "}}\n" .. (rest or component()))
  end

  return {
    { "template.parse", files = step "{name: make, run: 'make {{ if ‸}}'}" },
    {
      "template.exec", files = step "{name: make, run: 'make {{ if ‸gt .parameters.size 1 }}x{{ end }}'}",
      intent = component "parameters: {size: big}",
    },
    { "template.missing", warning = true, files = step "{name: make, run: 'make {{ ‸.parameters.size }}'}" },
    { "bind.phase", files = step "{name: make, run: make, phase: ‸later}" },
    { "bind.timeout", files = step "{name: make, run: make, timeout: ‸soon}" },
    { "bind.timeout", files = jobs "    - {name: build, timeout: ‸5 minutes, steps: [{name: make, run: make}]}\n" },
    { "bind.timeout", intent = component "overrides: {steps: [{name: make, run: make, timeout: ‸0s}]}" },
    { "bind.retries", files = jobs "    - {name: build, retries: ‸-1, steps: [{name: make, run: make}]}\n" },
    { "bind.retries", files = step "{name: make, run: make, retry: ‸-3}" },
    { "bind.on-failure", warning = true, files = step "{name: make, run: make, onFailure: ‸contine}" },
    { "bind.empty-step", warning = true, files = step "‸{name: make}" },
    {
      "bind.duplicate-step", files = step "{name: make, run: make}",
      intent = component "overrides: {steps: [{name: a, id: x, run: a}, ‸{name: b, id: x, run: b}]}",
    },
    { "bind.no-steps", warning = true, files = jobs "    - ‸{name: build}\n" },
    {
      "bind.override-appended", warning = true, files = profiled "{stepsEnabled: [make]}",
      intent = component "overrides: {steps: [‸{name: test, run: other}]}",
    },
    {
      "bind.override-appended", warning = true, hint = "did you mean make?",
      intent = component "overrides: {steps: [{name: other, run: other}, ‸{name: mkae, run: other}]}",
    },
    {
      "bind.unknown-job", also = { "composition.unknown-job" }, files = {
        ["kit/compositions/sh/composition.yaml"] = sources.composition("sh", "  jobs: [{name: build, steps: [{name: make, run: make}]}]\n"
          .. "  defaultProfile: quick\n  profiles: [{name: quick, profileRef: {name: quick}}]\n"),
        ["kit/compositions/sh/profiles/quick.yaml"] = "kind: ExecutionProfile\nmetadata: {name: quick}\n"
          .. "spec: {jobs: {‸biuld: {stepsEnabled: [make]}}}\n",
      },
    },
    {
      "resolve.always-missing",
      files = intent("environments: {dev: , prod: }\n" .. component "dependsOn: [‸{component: db, include: always}]"
        .. "  - {name: db, type: sh, subscribe: {environments: [prod]}}\n"),
    },
    {
      "resolve.promotion-inactive", argv = { "plan", "--env", "prod" },
      files = intent("environments:\n  dev: {}\n  prod: {promotion: {dependsOn: [‸{environment: dev, satisfy: same-plan}]}}\n"
        .. "components: [{name: web, type: sh, subscribe: {environments: [dev, prod]}}]\n"),
    },
    { "resolve.cycle", files = jobs "    - {name: build, dependsOn: ‸[build], steps: [{name: make, run: make}]}\n" },
    { "resolve.cycle", intent = component "dependsOn: [‸{component: web}]" },
    { "resolve.output", files = jobs "    - {name: build, outputs: [‸../../out], steps: [{name: make, run: make}]}\n" },
    { "policy.unknown", files = policies "{isolaton: ‸strict}" },
    { "policy.rule", files = rule "house" "return { check = function(value, job)\n  ‸return job.timeout .. value\nend }\n" },
    { "policy.rule", files = rule "house" "‸local x = = 1\n" },
    { "policy.rule", files = rule "house" "‸return {}\n" },
    {
      "policy.hidden", warning = true, files = rule "isolation" "return {}\n", place = ".orun/policies/isolation.lua",
    },
    { "policy.value", files = policies "{maxRetries: ‸many}" },
    {
      "policy.conflict", also = { "policy.value" },
      files = policies("{isolation: ‸strict}", "groups: {core: {policies: {isolation: none}}}\n" .. component "domain: core"),
    },
    { "policy.violation", files = policies("{requiredLabels: [team]}", "components:\n"
      .. "  - {name: web, type: sh, subscribe: {environments: [dev]}, labels: ‸{owner: a}}\n") },
  }
end
