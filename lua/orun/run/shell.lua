-- How the text of a step becomes a command line. Without `shell` it is `sh -c`; with it, the templates of GitHub Actions apply:
-- the text goes into a file whose path takes the place of {0}.
local M = {}

local templates = {
  bash = { "bash", "--noprofile", "--norc", "-eo", "pipefail", "{0}" },
  sh = { "sh", "-e", "{0}" },
  python = { "python", "{0}" },
  pwsh = { "pwsh", "-command", ". '{0}'" },
  powershell = { "powershell", "-command", ". '{0}'" },
  cmd = { "cmd", "/D", "/E:ON", "/V:OFF", "/S", "/C", 'CALL "{0}"' },
}
local extensions = { python = ".py", pwsh = ".ps1", powershell = ".ps1", cmd = ".cmd" }

---@param shell string
---@return string[]
local function custom(shell)
  local argv, placed = {}, false
  for word in shell:gmatch("%S+") do
    argv[#argv + 1] = word
    placed = placed or word:find("{0}", 1, true) ~= nil
  end
  if not placed then argv[#argv + 1] = "{0}" end
  return argv
end

---Whether a step needs its text in a file.
---@param shell? string
---@return boolean
function M.needs_file(shell)
  return shell ~= nil and shell:find("%S") ~= nil
end

---Extension of the script file.
---@param shell string
---@return string
function M.extension(shell)
  return extensions[shell:match("^%s*(.-)%s*$")] or ".sh"
end

---@param shell? string
---@param text string the step's `run`
---@param file? string path of the script file, when the shell needs one
---@return string[] argv
function M.command(shell, text, file)
  if not M.needs_file(shell) then return { "sh", "-c", text } end
  local name = shell:match("^%s*(.-)%s*$")
  local argv = {}
  for i, word in ipairs(templates[name] or custom(name)) do
    argv[i] = word:gsub("{0}", function() return file end)
  end
  return argv
end

return M
