-- Packages of Node.js: npm or pnpm, with or without Turborepo.
local action = require "shared.action"
local command = require "shared.command"
local orun = require "orun"
local parameter = require "shared.parameter"
local s = orun.schema

local M = {}

M.parameters = {
  packageManager = s.string { enum = { "npm", "pnpm" }, default = "npm", description = "what installs packages and runs scripts" },
  turbo = s.boolean { default = false, description = "scripts are run by Turborepo, with the packages that they need" },
  nodeVersion = s.string { description = "Node.js to install; without it, the one on the PATH is used" },
  pnpmVersion = s.string { description = "pnpm to install, when `packageManager` is pnpm" },
  frozenLockfile = s.boolean { default = true, description = "fail when the lock file does not agree with package.json" },
  installCommand = parameter.command "replaces the installation of packages; an empty text leaves it out",
  preBuildCommand = parameter.command "runs before the build, for generated code",
  buildCommand = parameter.command "replaces the script `build`; an empty text leaves the step out",
  typecheckCommand = parameter.command "replaces the script `typecheck`; an empty text leaves the step out",
}

---@param p table parameters
---@param capability string
function M.setup(p, capability)
  local pnpm = p.packageManager == "pnpm" and action.setup("pnpm", capability, p.pnpmVersion, "version")
  local node = action.setup("node", capability, p.nodeVersion, "node-version")
  -- pnpm comes first: setup-node looks for it.
  return pnpm or nil, node
end

local installs = {
  npm = { [true] = "npm ci", [false] = "npm install --no-audit --no-fund" },
  pnpm = { [true] = "pnpm install --frozen-lockfile", [false] = "pnpm install --no-frozen-lockfile" },
}

---The command that installs packages.
---@param p table
---@return string
function M.install(p)
  return p.installCommand or installs[p.packageManager][p.frozenLockfile]
end

---A command of an installed package.
---@param p table
---@param ... string|table|nil words
---@return string
function M.exec(p, ...)
  if p.packageManager == "pnpm" then return command.line("pnpm", "exec", ...) end
  return command.line("npm", "exec", "--", ...)
end

---Runs a script of package.json, when there is one.
---@param p table
---@param name string
---@return string
function M.script(p, name)
  if p.turbo then return M.exec(p, "turbo", "run", name, "--filter=./") end
  return command.line(p.packageManager, "run", "--if-present", name)
end

---A step that runs a command of the parameters, else the script of that name; nil when the command is empty.
---@param p table
---@param name string script
---@param capability string
---@return table?
function M.step(p, name, capability)
  local text = p[name .. "Command"]
  if text == "" then return nil end
  return orun.run { id = name, capability = capability, run = text or M.script(p, name) }
end

---Everything that comes before a package's own steps.
---@param p table
---@param type string prefix of the capabilities
---@param may_lack_package? boolean where something else than a package manager installs, there need not be a package.json
---@return table[]
function M.preparation(p, type, may_lack_package)
  local pnpm, node = M.setup(p, type .. ".setup")
  local steps = { pnpm or node }
  if pnpm and node then steps[2] = node end
  if not (may_lack_package and p.installCommand) then
    steps[#steps + 1] = orun.run { id = "structure", capability = type .. ".structure", run = "test -f package.json" }
  end
  local install = M.install(p)
  if install ~= "" then steps[#steps + 1] = orun.run { id = "install", capability = type .. ".install", run = install } end
  if p.preBuildCommand and p.preBuildCommand ~= "" then
    steps[#steps + 1] = orun.run { id = "pre-build", capability = type .. ".pre-build", run = p.preBuildCommand }
  end
  return steps
end

return M
