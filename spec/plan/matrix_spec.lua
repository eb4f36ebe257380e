local json = require "host.json"
local matrix = require "orun.plan.matrix"
local value = require "host.value"

local checksum = "sha256-ed82d94dc431835264a399b403d625bfe992638e8560f29ee6c1eb08060a9987"

local function plan(jobs)
  return { metadata = { checksum = checksum }, jobs = value.list(jobs) }
end

local api = { id = "api@dev.test", uid = "job_ed82d94_6a5b579b0028", component = "api", environment = "dev", composition = "sh" }

local function environment(variables)
  return function(name) return variables[name] end
end

describe("the outputs of a plan (03 §9)", function()
  it("are matrix, plan id and, in Actions, execution id (03 case 32)", function()
    local head = [[
matrix<<EOF
{"include":[{"id":"api@dev.test","uid":"job_ed82d94_6a5b579b0028","component":"api","env":"dev","composition":"sh","profile":""}]}
EOF
plan_id=ed82d94dc431
]]
    assert.equal(head, matrix.outputs(plan { api }, environment {}))
    assert.equal(head .. "exec_id=gh-99-1-ed82d94dc431\n",
      matrix.outputs(plan { api }, environment { GITHUB_ACTIONS = "true", GITHUB_RUN_ID = "99" }))
    assert.equal(head .. "exec_id=gh-99-3-ed82d94dc431\n",
      matrix.outputs(plan { api }, environment { GITHUB_ACTIONS = "true", GITHUB_RUN_ID = "99", GITHUB_RUN_ATTEMPT = "3" }))
    assert.equal(head, matrix.outputs(plan { api }, environment { GITHUB_ACTIONS = "1", GITHUB_RUN_ID = "99" }))
  end)

  it("have an empty list without jobs", function()
    assert.equal('matrix<<EOF\n{"include":[]}\nEOF\nplan_id=ed82d94dc431\n', matrix.outputs(plan {}, environment {}))
  end)

  it("are JSON for any text", function()
    local line = matrix.outputs(plan { { id = 'a"\n\27é', component = "a", environment = "EOF" } }, environment {}):match "\n(.-)\nEOF\n"
    assert.equal('a"\n\27é', json.decode(line).include[1].id)
  end)
end)
