-- A generated platform: components × 3 environments, one job of 4, 5 and 6 steps each; 15 compositions with schemas and profiles,
-- parameters and variables on every layer, dependencies, promotions. Its bytes depend on the number of components only.
local fs = require "host.fs"

local M = {}

local TYPES = 15
local domains = { "core", "data", "edge", "mobile", "web" }

local intent = [[
apiVersion: sourceplane.io/v1
kind: Intent
metadata:
  name: generated-platform
  description: A platform of many components, for measuring
discovery:
  roots: [services]
compositions:
  sources:
    - name: platform
      kind: dir
      path: ./compositions
env:
  ORGANISATION: example
  LOG_LEVEL: info
groups:
%s
environments:
  development:
    env: {STAGE: development, LOG_LEVEL: debug}
    parameterDefaults:
      "*": {namespace: "{{ .environment }}-{{ .group }}", region: eu-central-1, replicas: 1}
  staging:
    env: {STAGE: staging}
    parameterDefaults:
      "*": {namespace: "{{ .environment }}-{{ .group }}", region: eu-central-1, replicas: 2}
    promotion:
      dependsOn:
        - {environment: development, satisfy: same-plan}
  production:
    env: {STAGE: production}
    parameterDefaults:
      "*": {namespace: "{{ .environment }}-{{ .group }}", region: eu-west-1, replicas: 4}
      service-03: {replicas: 8}
    promotion:
      dependsOn:
        - {environment: staging, satisfy: same-plan-or-previous-success}
]]

local group = [[
  %s:
    parameterDefaults:
      "*": {owner: team-%s, costCentre: "%d"}
]]

local composition = [[
apiVersion: sourceplane.io/v1alpha1
kind: Composition
metadata:
  name: %s
spec:
  type: %s
  description: Builds and rolls out one kind of component
  schemaRef: {name: %s-component}
  defaultJob: deploy
  defaultProfile: deploy
  jobs:
    - name: deploy
      templateRef: {name: %s-deploy}
  profiles:
    - {name: plan, profileRef: {name: %s-plan}}
    - {name: verify, profileRef: {name: %s-verify}}
    - {name: deploy, profileRef: {name: %s-deploy}}
]]

local schema = [[
apiVersion: sourceplane.io/v1alpha1
kind: ComponentSchema
metadata:
  name: %s-component
spec:
  type: %s
  schema:
    $schema: http://json-schema.org/draft-07/schema#
    type: object
    required: [name, type, parameters]
    properties:
      type: {const: %s}
      parameters:
        type: object
        required: [image, port, team]
        properties:
          image: {type: string, pattern: "^[a-z0-9./-]+$"}
          port: {type: integer, minimum: 1, maximum: 65535}
          team: {type: string, minLength: 2}
          tier: {enum: [gold, silver, bronze]}
          timeoutSeconds: {type: integer, default: 30}
          features: {type: array, items: {type: string}, uniqueItems: true}
          probe:
            type: object
            properties:
              path: {type: string, pattern: "^/"}
              seconds: {type: integer}
]]

local job = [[
apiVersion: sourceplane.io/v1alpha1
kind: JobTemplate
metadata:
  name: %s-deploy
spec:
  description: Build, check and roll out
  runsOn: ubuntu-24.04
  timeout: 20m
  retries: 1
  labels: {kind: %s}
  steps:
    - id: setup
      name: setup
      phase: pre
      use: actions/setup-go@v5
      with: {go-version: "1.22", cache-key: "{{ .orun.component.name }}"}
    - id: build
      name: build
      env: {IMAGE: "{{ .parameters.image }}", TARGET: "{{ .orun.environment.name }}"}
      run: |
        set -eu
        echo "building {{ .orun.component.name }} of {{ .parameters.owner }}"
        {{- range .parameters.features }}
        make feature-{{ . }}
        {{- end }}
        docker build -t {{ .parameters.image }}:{{ .orun.environment.name }} .
    - id: test
      name: test
      timeout: 5m
      run: make test TEAM={{ .parameters.team }} REGION={{ .parameters.region }}
    - id: render
      name: render
      working-directory: deploy
      run: |
        {{- if eq .parameters.tier "gold" }}
        export PRIORITY=high
        {{- else }}
        export PRIORITY=normal
        {{- end }}
        helm template {{ .orun.component.name }} charts/%s \
          --namespace {{ .parameters.namespace }} \
          --set image={{ .parameters.image }},port={{ .parameters.port }},replicas={{ .parameters.replicas }}
    - id: deploy
      name: deploy
      retry: 2
      env: {TOKEN: "${{ secrets.DEPLOY_TOKEN }}", NAMESPACE: "{{ .parameters.namespace }}"}
      run: |
        kubectl --namespace {{ .parameters.namespace }} apply -f rendered/{{ .orun.component.name }}.yaml
        kubectl --namespace {{ .parameters.namespace }} rollout status deploy/{{ .orun.component.name }} \
          --timeout {{ .parameters.timeoutSeconds }}s
    - id: smoke
      name: smoke
      phase: post
      onFailure: continue
      run: curl --fail https://{{ .orun.component.name }}.{{ .parameters.namespace }}.example{{ .parameters.probe.path }}
]]

local profile = [[
apiVersion: sourceplane.io/v1alpha1
kind: ExecutionProfile
metadata:
  name: %s-%s
spec:
  description: %s
  jobs:
    deploy:
      stepsEnabled: [%s]
]]

local profiles = {
  { "plan", "Build and render", "setup, build, test, render" },
  { "verify", "As far as the roll-out", "setup, build, test, render, deploy" },
  { "deploy", "Everything", "setup, build, test, render, deploy, smoke" },
}

-- The same as composition, schema, job and profiles above, in Lua. All types share the steps.
local module = [[
local orun = require "orun"
local s = orun.schema
local steps = require "shared.steps"

local plan, verify = { "setup", "build", "test", "render" }, { "setup", "build", "test", "render", "deploy" }
local deploy = { "setup", "build", "test", "render", "deploy", "smoke" }

return orun.composition {
  type = "%s",
  description = "Builds and rolls out one kind of component",
  parameters = s.object {
    image = s.string { pattern = "^[a-z0-9./-]+$", required = true },
    port = s.integer { minimum = 1, maximum = 65535, required = true },
    team = s.string { minLength = 2, required = true },
    tier = s.enum { "gold", "silver", "bronze" },
    timeoutSeconds = s.integer { default = 30 },
    features = s.array(s.string(), { uniqueItems = true }),
    probe = s.object { path = s.string { pattern = "^/" }, seconds = s.integer() },
  },
  defaultJob = "deploy",
  defaultProfile = "deploy",
  jobs = {
    {
      name = "deploy", description = "Build, check and roll out", runsOn = "ubuntu-24.04", timeout = "20m", retries = 1,
      labels = { kind = "%s" }, steps = steps("%s"),
    },
  },
  profiles = {
    plan = { description = "Build and render", jobs = { deploy = { stepsEnabled = plan } } },
    verify = { description = "As far as the roll-out", jobs = { deploy = { stepsEnabled = verify } } },
    deploy = { description = "Everything", jobs = { deploy = { stepsEnabled = deploy } } },
  },
}
]]

local shared_steps = [[
local orun = require "orun"

local function build(name, p, environment)
  local lines = { "set -eu", ('echo "building %s of %s"'):format(name, p.owner) }
  for _, feature in ipairs(p.features) do lines[#lines + 1] = "make feature-" .. feature end
  lines[#lines + 1] = ("docker build -t %s:%s .\n"):format(p.image, environment)
  return table.concat(lines, "\n")
end

local render = [=[

export PRIORITY=%s
helm template %s charts/%s \
  --namespace %s \
  --set image=%s,port=%d,replicas=%d
]=]

local deploy = [=[
kubectl --namespace %s apply -f rendered/%s.yaml
kubectl --namespace %s rollout status deploy/%s \
  --timeout %ds
]=]

return function(chart)
  return function(ctx)
    local p, name, environment = ctx.parameters, ctx.component.name, ctx.environment.name
    local namespace = p.namespace
    return {
      orun.use {
        id = "setup", name = "setup", phase = "pre", use = "actions/setup-go@v5", with = { ["go-version"] = "1.22", ["cache-key"] = name },
      },
      orun.run { id = "build", name = "build", env = { IMAGE = p.image, TARGET = environment }, run = build(name, p, environment) },
      orun.run { id = "test", name = "test", timeout = "5m", run = ("make test TEAM=%s REGION=%s"):format(p.team, p.region) },
      orun.run {
        id = "render", name = "render", ["working-directory"] = "deploy",
        run = render:format(p.tier == "gold" and "high" or "normal", name, chart, namespace, p.image, p.port, p.replicas),
      },
      orun.run {
        id = "deploy", name = "deploy", retry = 2, env = { TOKEN = "${{ secrets.DEPLOY_TOKEN }}", NAMESPACE = namespace },
        run = deploy:format(namespace, name, namespace, name, p.timeoutSeconds),
      },
      orun.run {
        id = "smoke", name = "smoke", phase = "post", onFailure = "continue",
        run = ("curl --fail https://%s.%s.example%s"):format(name, namespace, p.probe.path),
      },
    }
  end
end
]]

local component = [[
apiVersion: sourceplane.io/v1
kind: Component
metadata:
  name: %s
spec:
  type: %s
  domain: %s
  subscribe:
    environments:
      - {name: development, profile: plan}
      - {name: staging, profile: verify}
      - name: production
        profile: deploy
        parameters: {tier: gold}
        env: {REPLICATION: "on"}
  parameters:
    image: registry.example/%s
    port: %d
    team: team-%02d
    tier: %s
    features: [cache, metrics, tracing]
    probe: {path: /healthz, seconds: 5}
  labels:
    team: team-%02d
    language: go
  env:
    SERVICE: %s
    PORT: "%d"
]]

local stack = [[
apiVersion: orun.io/v1
kind: Stack
metadata:
  name: generated-compositions
  version: 1.0.0
]]

local function write(...)
  local file, text = ...
  assert(fs.mkdir(file:match("^(.*)/")))
  assert(fs.write(file, text, { sync = false }))
end

local function write_composition(root, name)
  local directory = ("%s/compositions/compositions/%s"):format(root, name)
  write(directory .. "/composition.yaml", (composition:gsub("%%s", name)))
  write(directory .. "/schema.yaml", (schema:gsub("%%s", name)))
  write(("%s/jobs/%s-deploy.yaml"):format(directory, name), (job:gsub("%%s", name)))
  for _, item in ipairs(profiles) do
    write(("%s/profiles/%s-%s.yaml"):format(directory, name, item[1]), profile:format(name, table.unpack(item)))
  end
end

local function component_name(i)
  return ("component-%05d"):format(i)
end

---Every component but the first ones of their hundred depends on one or two that come before it.
local function dependencies(i)
  local place = (i - 1) % 100
  if place < 10 then return "" end
  local text = ("  dependsOn:\n    - component: %s\n"):format(component_name(i - 10))
  if place % 3 == 0 then text = text .. ("    - {component: %s, include: if-selected}\n"):format(component_name(i - 7)) end
  return text
end

local function component_text(i)
  local name, team, port = component_name(i), i % 40, 8000 + i % 1000
  return component:format(name, ("service-%02d"):format(i % TYPES + 1), domains[i % #domains + 1], name, port, team,
    i % 4 == 0 and "silver" or "bronze", team, name, port) .. dependencies(i)
end

---@param root string directory, created
---@param count integer components
---@param language? "yaml"|"lua" of the compositions; the plans are the same but for the digest
---@return string[] files of the components
function M.write(root, count, language)
  local groups, files = {}, {}
  for i, name in ipairs(domains) do groups[i] = group:format(name, name, 1000 + i) end
  write(root .. "/intent.yaml", intent:format(table.concat(groups):gsub("\n$", "")))
  write(root .. "/compositions/stack.yaml", stack)
  for i = 1, TYPES do
    local name = ("service-%02d"):format(i)
    if language == "lua" then
      write(("%s/compositions/compositions/%s.lua"):format(root, name), (module:gsub("%%s", name)))
    else
      write_composition(root, name)
    end
  end
  if language == "lua" then write(root .. "/compositions/shared/steps.lua", shared_steps) end
  for i = 1, count do
    files[i] = ("%s/services/%s/%s/component.yaml"):format(root, domains[i % #domains + 1], component_name(i))
    write(files[i], component_text(i))
  end
  return files
end

return M
