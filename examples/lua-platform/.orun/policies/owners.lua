-- Every job belongs to a team: the label `team` of its component is one of those that the policy lists.
local orun = require "orun"
local s = orun.schema

return {
  describe = "a list of teams: the label `team` of every component names one of them",
  schema = s.array(s.string { minLength = 1 }, { minItems = 1, uniqueItems = true }),

  check = function(teams, job)
    local team = job.labels and job.labels.team
    if not team then
      return { message = "the component has no owner", path = "/labels", hint = "write labels: {team: ...}" }
    end
    for _, known in ipairs(teams) do
      if known == team then return nil end
    end
    return { message = ('"%s" is no team'):format(team), path = "/labels/team", hint = "teams: " .. table.concat(teams, ", ") }
  end,
}
