-- Runs busted inside the program, so that specs see what the program sees:
--   build/orun lua spec/run.lua [busted options] [files]
local system = require "host.system"

-- What the surroundings say would change what orun does, and a suite passes in a CI job as it does at a terminal.
local said = {
  "^CI$", "^GITLAB_CI$", "^CIRCLECI$", "^BUILDKITE$", "^JENKINS_URL$", "^GITHUB_", "^RUNNER_", "^GIT_", "^ORUN_", "^XDG_",
  "^NO_COLOR$", "^CLICOLOR", "^TERM$", "^SOURCE_DATE_EPOCH$", "^DOCKER_", "^LUA_", "^LC_", "^LANG",
}
local function changes(name)
  if name:find "^ORUN_SPEC_" then return false end
  for _, pattern in ipairs(said) do
    if name:find(pattern) then return true end
  end
  return false
end
for line in assert(io.popen "env"):lines() do
  local name = line:match "^([%w_]+)="
  if name and changes(name) then system.setenv(name) end
end
system.setenv("TERM", "xterm")
-- Steps of many specs talk to each other, and to the spec, by files of the workspace; those about isolation ask for it.
system.setenv("ORUN_ISOLATION", "none")
require "busted.runner" { standalone = false }
