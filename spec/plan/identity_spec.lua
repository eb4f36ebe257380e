local identity = require "orun.plan.identity"

describe("plan.identity", function()
  it("makes ids and splits both forms", function()
    assert.equal("a.b@dev.x.y", identity.id("a.b", "dev", "x.y"))
    assert.same({ "a.b", "dev", "x.y" }, { identity.parse "a.b@dev.x.y" })
    assert.same({ "api", "dev", "test.unit" }, { identity.parse "api.dev.test.unit" })
    assert.is_nil((identity.parse "api"))
    assert.is_nil((identity.parse "api@dev"))
    assert.is_nil((identity.parse "a@b"))
  end)

  it("names jobs for people", function()
    assert.equal("Verify deploy", identity.display "verify-deploy")
    assert.equal("É", identity.display "É")
    assert.equal("api · dev · Verify deploy", identity.check("api", "dev", "verify-deploy"))
  end)

  it("derives the uids of the known vectors (03 case 1)", function()
    local former = "sha256-40db74bc4b7c27298781423160456af1d07dbae2cb9f2afc9dc6c8f2897c82b6"
    assert.equal("job_40db74b_34ff3ad85e1d", identity.uid(former, "api.dev.test"))
    local own = "sha256-ed82d94dc431835264a399b403d625bfe992638e8560f29ee6c1eb08060a9987"
    assert.equal("job_ed82d94_6a5b579b0028", identity.uid(own, "api@dev.test"))
    assert.equal("ed82d94dc431", identity.short(own))
  end)

  describe("match", function()
    local ids = { "api@dev.deploy-canary", "api@dev.deploy", "web@dev.test", "web@prod.test" }

    it("prefers the exact id to a longer one (03 case 34)", function()
      assert.equal("api@dev.deploy", (identity.match(ids, "api@dev.deploy")))
      assert.equal("api@dev.deploy", (identity.match(ids, "api.dev.deploy")))
    end)

    it("takes a unique prefix of either form", function()
      assert.equal("web@prod.test", (identity.match(ids, "web@p")))
      assert.equal("web@prod.test", (identity.match(ids, "web.p")))
      assert.equal("api@dev.deploy-canary", (identity.match(ids, "api@dev.deploy-")))
    end)

    it("lists the candidates of an ambiguous text, none of an unknown one", function()
      local id, candidates = identity.match(ids, "web")
      assert.is_nil(id)
      assert.same({ "web@dev.test", "web@prod.test" }, candidates)
      assert.same({ nil, {} }, { identity.match(ids, "zzz") })
    end)

    it("does not guess between two ids of one dotted form", function()
      local id, candidates = identity.match({ "a@b.c.d", "a.b@c.d" }, "a.b.c.d")
      assert.is_nil(id)
      assert.same({ "a.b@c.d", "a@b.c.d" }, candidates)
    end)
  end)
end)
