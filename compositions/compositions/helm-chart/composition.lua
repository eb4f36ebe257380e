-- Helm charts, and values for charts that live elsewhere.
local action = require "shared.action"
local command = require "shared.command"
local orun = require "orun"
local parameter = require "shared.parameter"
local s = orun.schema

---Words that say which values a release is made of.
local function values(p)
  return { command.each("--values", p.valuesFiles), command.entries("--set", p.set), command.entries("--set-string", p.setString) }
end

local function namespace(p)
  return p.namespace and { "--namespace", p.namespace } or nil
end

local function render(p, release)
  return orun.run {
    id = "template", capability = "helm-chart.template",
    run = command.line("helm", "template", release, p.chartPath, namespace(p), values(p),
      p.kubeVersion and { "--kube-version", p.kubeVersion } or nil),
  }
end

local function deploy(p, release)
  return orun.run {
    id = "deploy", capability = "helm-chart.deploy",
    run = command.line("helm", "upgrade", release, p.chartPath, "--install",
      p.atomic and { "--atomic", "--timeout", p.deployTimeout } or nil, namespace(p), p.createNamespace and "--create-namespace" or nil,
      p.kubeContext and { "--kube-context", p.kubeContext } or nil, values(p)),
  }
end

return orun.composition {
  type = "helm-chart",
  description = "Helm charts and values for charts: lint, rendering, packages, releases",
  parameters = parameter.object("20m", {
    chartPath = parameter.path("directory of the chart", "."),
    valuesFiles = parameter.texts "files of values, later ones win",
    set = parameter.map "single values, as `--set`",
    setString = parameter.map "single values that stay texts, as `--set-string`",
    releaseName = s.string {
      pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", maxLength = 53, description = "name of the release (default: the component's name)",
    },
    namespace = s.string { pattern = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", description = "namespace of the release" },
    createNamespace = s.boolean { default = false, description = "make the namespace when it is missing" },
    kubeContext = s.string { description = "context of the kubeconfig that a release goes to" },
    kubeVersion = s.string { description = "version of Kubernetes that is rendered for" },
    helmVersion = s.string { description = "Helm to install, for example `v3.15.4`; without it, the one on the PATH is used" },
    dependencies = s.boolean { default = false, description = "fetch the charts that this one is made of" },
    strict = s.boolean { default = false, description = "warnings of lint are errors" },
    atomic = s.boolean { default = true, description = "a release that fails is rolled back" },
    deployTimeout = s.string { default = "5m", pattern = "^[0-9]+(s|m|h)$", description = "how long a release may take to become ready" },
    packageDir = parameter.path("where packages are put", "dist"),
    outputs = parameter.outputs(),
  }),
  defaultJob = "chart",
  defaultProfile = "verify",
  jobs = {
    parameter.job {
      name = "chart",
      description = "Lint, render, package, release",
      labels = { scope = "delivery" },
      outputs = function(ctx) return ctx.parameters.outputs end,
      steps = function(ctx)
        local p = ctx.parameters
        local release = p.releaseName or ctx.orun.component.name
        return orun.steps(
          action.setup("helm", "helm-chart.setup", p.helmVersion, "version"),
          orun.run { id = "version", capability = "helm-chart.version", run = "helm version --short" },
          p.dependencies and orun.run {
            id = "dependencies", capability = "helm-chart.dependencies", run = command.line("helm", "dependency", "build", p.chartPath),
          },
          orun.run {
            id = "lint", capability = "helm-chart.lint",
            run = command.line("helm", "lint", p.chartPath, p.strict and "--strict" or nil, values(p)),
          },
          render(p, release),
          orun.run {
            id = "package", capability = "helm-chart.package",
            run = command.line("helm", "package", p.chartPath, "--destination", p.packageDir),
          },
          deploy(p, release)
        )
      end,
    },
  },
  profiles = {
    ["lint-only"] = {
      description = "Lint, render nothing",
      jobs = {
        chart = { includeCapabilities = { "helm-chart.setup", "helm-chart.version", "helm-chart.dependencies", "helm-chart.lint" } },
      },
    },
    verify = {
      description = "Lint and render",
      jobs = {
        chart = {
          includeCapabilities = {
            "helm-chart.setup", "helm-chart.version", "helm-chart.dependencies", "helm-chart.lint", "helm-chart.template",
          },
        },
      },
    },
    package = {
      description = "Lint, render, make a package",
      jobs = {
        chart = {
          includeCapabilities = {
            "helm-chart.setup", "helm-chart.version", "helm-chart.dependencies", "helm-chart.lint", "helm-chart.template",
            "helm-chart.package",
          },
        },
      },
    },
    deploy = {
      description = "Lint, then release to a cluster",
      jobs = {
        chart = {
          includeCapabilities = {
            "helm-chart.setup", "helm-chart.version", "helm-chart.dependencies", "helm-chart.lint", "helm-chart.deploy",
          },
        },
      },
    },
  },
}
