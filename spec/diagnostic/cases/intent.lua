return function(standard)
  local component, head = standard.component, standard.head
  local fs = require "host.fs"

  local function manifest(text)
    return { ["svc/x/component.yaml"] = text }
  end

  -- A kit with the preset `p`, whose text is given.
  local function preset(text, stack)
    return {
      ["kit/stack.yaml"] = stack or "kind: Stack\nmetadata: {name: kit-package}\nspec: {intentPresets: [{name: p, path: p.yaml}]}\n",
      ["kit/p.yaml"] = text,
    }
  end

  local function environments(text)
    return { ["intent.yaml"] = head:gsub("{dev: }", text) .. component() }
  end

  local function promotion(fields)
    return environments("{dev: , prod: {promotion: {dependsOn: [‸{" .. fields .. "}]}}}")
  end

  local function promotion_value(fields)
    return environments("{dev: , prod: {promotion: {dependsOn: [{" .. fields .. "}]}}}")
  end

  local function profiles(rest)
    return { ["kit/compositions/sh/composition.yaml"] = [[
kind: Composition
metadata: {name: sh}
spec:
  type: sh
  defaultJob: build
  parameterSchema: {type: object}
  jobs: [{name: build, steps: [{name: make, run: make}]}]
]] .. rest }
  end

  local default = "  defaultProfile: quick\n  executionProfiles: {quick: {jobs: {build: {stepsEnabled: [make]}}}}\n"

  -- Of a list of documents nobody demands a default before one is needed.
  local referenced_profile = profiles "  profiles: [{name: quick, profileRef: {name: quick}}]\n"
  referenced_profile["kit/compositions/sh/profiles/quick.yaml"] = "kind: ExecutionProfile\nmetadata: {name: quick}\n"
    .. "spec: {jobs: {build: {stepsEnabled: [make]}}}\n"

  local function subscription(text)
    return "components:\n  - {name: web, type: sh, subscribe: {environments: [" .. text .. "]}}\n"
  end

  local extends = "extends: [{source: kit, preset: p}]\n"

  return {
    { "yaml.syntax", intent = "env: ‸{A: 1\n" },
    { "yaml.syntax", intent = "components:\n  - name: web\n    ‸path:svc/web\n    type: sh\n" },
    { "yaml.syntax", intent = "components:\n  - name: ‸\"web\n    type: sh\n" },
    { "yaml.syntax", intent = "components:\n  - name: web\n     type‸: sh\n" },
    { "yaml.syntax", intent = "components:\n  - name: web\n‸\ttype: sh\n" },
    { "yaml.syntax", intent = "selectors: [*‸]\n" },
    { "yaml.syntax", intent = "env: {A: \"‸\xff\"}\n" },
    { "yaml.type", intent = "components:\n  - name: web\n    path: ‸{{ .component }}\n" },
    { "yaml.value", intent = component "parameters: {a: {‸{ .component }} }" },
    { "yaml.type", intent = "components:\n  - {name: web, type: sh, subscribe: ‸[dev]}\n" },
    { "yaml.value", intent = "env: {A: 1, ‸A: 2}\n" },
    { "yaml.value", intent = component "parameters: {n: ‸.inf}" },
    { "yaml.binary", intent = "env: {A: ‸!!binary '%%'}\n" },
    { "yaml.unknown-key", warning = true, intent = component "‸paramters: {a: 1}" },
    { "intent.not-found", files = { ["intent.yaml"] = false } },
    { "intent.unreadable", place = "intent.yaml", argv = { "validate", "-i", "intent.yaml" }, files = { ["intent.yaml"] = false } },
    {
      "intent.unreadable", place = "sub", argv = { "plan", "-i", "sub" }, hint = "did you mean sub/intent.yaml?",
      files = { ["sub/intent.yaml"] = "" },
    },
    { "intent.unreadable", place = "/dev/zero", argv = { "plan", "-i", "/dev/zero" } },
    {
      "intent.unreadable", place = "sub", argv = { "validate", "-i", "sub" }, files = { ["sub/file"] = "" },
      hint = "--intent names a file, and there is no intent.yaml in this directory",
    },
    { "intent.unwritable", argv = { "intent", "render", "-o", "no/such/file.yaml" } },
    { "intent.tree-unwritable", argv = { "component" }, warning = true, files = { [".orun"] = "in the way" } },
    { "intent.discovery-root", intent = "discovery: {roots: [‸nope]}\n" },
    { "intent.discovery-skipped", warning = true, intent = "discovery: {roots: [‸.git]}\n" .. component() },
    {
      "intent.manifest-unreadable", place = "svc/x/component.yaml",
      setup = function(root)
        assert(fs.mkdir(root .. "/svc/x"))
        assert(fs.symlink("nowhere", root .. "/svc/x/component.yaml"))
      end,
    },
    {
      "intent.manifest-unreadable", place = "svc/x/component.yaml",
      setup = function(root)
        assert(fs.mkdir(root .. "/svc/x"))
        assert(fs.symlink("/dev/zero", root .. "/svc/x/component.yaml"))
      end,
    },
    { "intent.manifest-kind", files = manifest "kind: ‸component\nmetadata: {name: x}\n" },
    { "intent.manifest-name", files = manifest "‸kind: Component\nspec: {type: sh}\n" },
    { "intent.component-name", intent = "components:\n  - ‸{type: sh}\n" },
    { "intent.component-name", intent = 'components:\n  - {name: ‸"a@b", type: sh}\n' },
    { "intent.component-type", intent = "components:\n  - ‸{name: web}\n" },
    { "intent.component-not-found", argv = { "component", "wbe" } },
    { "intent.duplicate-component", intent = component() .. "  - {name: ‸web, type: sh}\n" },
    { "intent.unknown-dependency", intent = component "dependsOn: [{component: ‸ledger}]" },
    { "intent.dependency-include", intent = component "dependsOn: [{component: web, include: ‸sometimes}]" },
    { "intent.dependency-mode", intent = subscription "{name: dev, dependencyMode: ‸loose}" },
    { "intent.unknown-group", warning = true, intent = "groups: {core: {}}\n" .. component "domain: ‸croe" },
    { "intent.unused-selector", warning = true, files = environments "{dev: {selectors: {components: [web, ‸wbe, x*]}}}" },
    { "intent.unused-selector", warning = true, files = environments "{dev: , prod: {selectors: {domains: [‸core]}}}" },
    { "intent.state-mode", warning = true, intent = "execution: {state: {mode: ‸remte}}\n" .. component() },
    { "intent.unknown-environment", warning = true, intent = subscription "‸devv" },
    { "intent.unknown-environment", warning = true, intent = subscription "dev, {profile: x, name: ‸'prod-*'}" },
    { "intent.unknown-environment", warning = true, intent = component "dependsOn: [{component: web, environment: ‸porduction}]" },
    { "intent.duplicate-subscription", warning = true, intent = subscription "dev, ‸dev" },
    { "intent.no-directory", warning = true, intent = component "path: ‸svc/web" },
    { "intent.no-directory", warning = true, intent = component "path: ‸intent.yaml" },
    {
      "intent.no-directory", warning = true, intent = "discovery: {roots: [svc]}\n",
      files = {
        ["svc/x/src/file"] = "",
        ["svc/x/component.yaml"] = "kind: Component\nmetadata: {name: x}\n"
          .. "spec: {type: sh, path: ‸src, subscribe: {environments: [dev]}}\n",
      },
      hint = "paths are relative to the intent's directory: write svc/x/src",
    },
    { "intent.unused-defaults", warning = true, files = environments "{dev: {parameterDefaults: {‸hs: {a: 1}}}}" },
    { "intent.unused-defaults", warning = true, intent = "groups: {g: {parameterDefaults: {'*': {a: 1}, ‸size: {b: 2}}}}\n" },
    { "intent.change-watch", intent = component "change: {watches: [‸Groups]}" },
    { "intent.subscription-name", intent = subscription "‸{profile: x}" },
    { "intent.reserved-env", intent = "env: {‸ORUN_X: 1}\n" },
    { "intent.environment-name", files = environments "{dev: , ‸eu.dev: }" },
    { "intent.promotion-environment", files = promotion "strategy: same-component" },
    { "intent.promotion-self", files = promotion_value "environment: ‸prod" },
    { "intent.promotion-unknown", files = promotion_value "environment: ‸stage" },
    { "intent.promotion-value", files = promotion_value "environment: dev, satisfy: ‸sometimes" },
    {
      "intent.promotion-cycle", files = environments("{dev: {promotion: {dependsOn: ‸[{environment: prod}]}}, "
        .. "prod: {promotion: {dependsOn: [{environment: dev}]}}}"),
    },
    {
      "intent.profile-required", also = { "intent.rule-trigger" },
      intent = subscription "‸{name: dev, profileRules: [{profile: x, when: {triggerRef: t}}]}",
    },
    { "intent.profile-missing", intent = subscription "‸dev", files = referenced_profile },
    { "intent.profile-type", intent = subscription "{name: dev, profile: ‸helm.quick}", files = profiles(default) },
    { "intent.unknown-profile", intent = subscription "{name: dev, profile: ‸quik}", files = profiles(default) },
    {
      "intent.unknown-profile", also = { "composition.default-profile" }, intent = subscription "dev", files = (function()
        local files = {}
        for name, text in next, referenced_profile do files[name] = text end
        local document = "kit/compositions/sh/composition.yaml"
        files[document] = files[document] .. "  defaultProfile: ‸quik\n"
        return files
      end)(),
    },
    {
      "intent.rule-profile", also = { "trigger.unused" }, files = profiles(default),
      intent = subscription "{name: dev, profile: quick, profileRules: [‸{when: {triggerRef: t}}]}"
        .. "automation: {triggerBindings: {t: {on: {provider: github, event: push}}}}\n",
    },
    {
      "intent.rule-mode", also = { "intent.rule-trigger" },
      intent = subscription "{name: dev, dependencyRules: [{mode: ‸loose, when: {triggerRef: t}}]}",
    },
    { "intent.rule-trigger", intent = subscription "{name: dev, dependencyRules: [{mode: advisory, when: {triggerRef: ‸t}}]}" },
    { "intent.unknown-variable", warning = true, intent = component 'parameters: {tag: ‸"v-{{ .version }}"}' },
    { "intent.preset-source", intent = "extends: [{source: ‸kti, preset: p}]\n" },
    { "intent.preset-unknown", intent = "extends: [{source: kit, preset: ‸q}]\n", files = preset "kind: IntentPreset\n" },
    {
      "intent.preset-unreadable", intent = extends,
      files = preset(nil, "kind: Stack\nmetadata: {name: kit-package}\nspec: {intentPresets: [{name: p, path: ‸p.yaml}]}\n"),
    },
    { "intent.preset-kind", intent = extends, files = preset "kind: ‸Intent\n" },
    { "intent.presets-skipped", warning = true, argv = { "component" }, intent = extends, files = preset("", "kind: ‸Sack\n") },
    {
      "schema.violation", intent = component "parameters: {size: ‸big}", files = {
        ["kit/compositions/sh/composition.yaml"] = "kind: Composition\nmetadata: {name: sh}\nspec:\n  type: sh\n  defaultJob: build\n"
          .. "  parameterSchema:\n    properties: {parameters: {properties: {size: {type: integer}}}}\n"
          .. "  jobs: [{name: build, steps: [{name: make, run: make}]}]\n",
      },
    },
  }
end
