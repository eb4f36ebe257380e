local jobs_view = require "orun.cockpit.viewmodel.jobs"

local function job(component, environment, name, composition)
  return { id = ("%s@%s.%s"):format(component, environment, name), component = component, environment = environment, name = name,
    composition = composition, steps = {} }
end

describe("jobs view", function()
  it("shortens names by what repeats the composition", function()
    assert.equal("deploy", jobs_view.short("deploy-terraform", "terraform"))
    assert.equal("verify", jobs_view.short("verify-cloudflare-worker", "cloudflare-worker"))
    assert.equal("verify-deploy", jobs_view.short("verify-deploy-cloudflare", "cloudflare-worker"))
    assert.equal("worker", jobs_view.short("worker", "worker"))
    assert.equal("build", jobs_view.short("build", nil))
  end)

  it("keeps the plan's order and makes a sorted tree", function()
    local plan = { metadata = { name = "shop", checksum = "sha256-0123456789abcdef" }, jobs = {
      job("web", "stage", "x"), job("api", "prod", "x"), job("web", "dev", "x"), job("web", "dev", "a"),
    } }
    local view = jobs_view.view(plan, { ["web@dev.x"] = "failed" })
    assert.equal("0123456", view.planId)
    assert.equal("web@stage.x", view.jobs[1].id)
    assert.equal("api", view.tree[1].component)
    assert.equal("dev", view.tree[2].environments[1].environment)
    assert.equal("web@dev.x", view.tree[2].environments[1].jobs[1].id)
    assert.equal("failed", view.tree[2].environments[1].jobs[1].status)
    assert.equal("pending", view.jobs[2].status)
    assert.equal(1, #jobs_view.view(plan, {}, { api = true }).jobs)
  end)
end)
