-- Terraform in one directory: the commands that several types need.
local action = require "shared.action"
local command = require "shared.command"
local orun = require "orun"
local parameter = require "shared.parameter"
local s = orun.schema

local M = {}

M.version = s.string {
  pattern = "^[0-9]+\\.[0-9]+(\\.[0-9]+)?(-[0-9A-Za-z.]+)?$",
  description = "Terraform to install, for example `1.9.8`; without it, the one on the PATH is used",
}

M.parameters = {
  terraformDir = parameter.path("directory of the configuration", "."),
  terraformVersion = M.version,
}

---A terraform command in a directory.
---@param directory string
---@param ... string|table|nil words
---@return string
function M.command(directory, ...)
  return command.line("terraform", directory ~= "." and "-chdir=" .. directory or nil, ...)
end

---@param p table
---@param capability string
function M.setup(p, capability)
  return action.setup("terraform", capability, p.terraformVersion, "terraform_version", { terraform_wrapper = "false" })
end

---Steps that look at the texts of a configuration.
---@param directory string
---@param type string prefix of the capabilities
---@return table[]
function M.format(directory, type)
  return {
    orun.run { id = "terraform-version", capability = type .. ".version", run = "terraform version" },
    orun.run {
      id = "terraform-fmt", capability = type .. ".fmt", run = M.command(directory, "fmt", "-check", "-diff", "-recursive"),
    },
  }
end

---A step that validates a configuration.
---@param directory string
---@param type string prefix of the capability
---@param init? string a command that has to come before
---@return table
function M.validation(directory, type, init)
  local validate = M.command(directory, "validate", "-no-color")
  return orun.run {
    id = "terraform-validate", capability = type .. ".validate", run = init and command.script(init, validate) or validate,
  }
end

return M
