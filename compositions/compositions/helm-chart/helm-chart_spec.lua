describe("helm-chart", function()
  local function steps(parameters, profile)
    local ids, commands = {}, {}
    for i, step in ipairs(compile({ component = "portal", environment = "dev", profile = profile, parameters = parameters })[1].steps) do
      ids[i], commands[step.id] = step.id, step.run or step.use
    end
    return ids, commands
  end

  local values = {
    chartPath = "../chart", valuesFiles = { "a.yaml", "b.yaml" }, set = { replicas = 2 }, setString = { version = "1.0" },
    namespace = "web", kubeVersion = "1.29", helmVersion = "v3.15.4", strict = true, dependencies = true,
  }

  it("lints and renders with the values", function()
    local ids, commands = steps(values)
    assert.same({ "setup-helm", "version", "dependencies", "lint", "template" }, ids)
    assert.equal("helm lint ../chart --strict --values a.yaml --values b.yaml --set replicas=2 --set-string version=1.0", commands.lint)
    assert.equal("helm template portal ../chart --namespace web --values a.yaml --values b.yaml --set replicas=2 "
      .. "--set-string version=1.0 --kube-version 1.29", commands.template)
  end)

  it("only lints, packages or releases", function()
    assert.same({ "version", "lint" }, (steps({}, "lint-only")))
    local _, packaged = steps({}, "package")
    assert.equal("helm package . --destination dist", packaged.package)
    local _, released = steps({ releaseName = "shop", namespace = "web", createNamespace = true, kubeContext = "prod" }, "deploy")
    assert.equal("helm upgrade shop . --install --atomic --timeout 5m --namespace web --create-namespace --kube-context prod",
      released.deploy)
    assert.is_nil(released.template)
  end)

  it("refuses names that a cluster would", function()
    assert.has_error(function() steps { releaseName = "Shop" } end, "releaseName")
  end)
end)
