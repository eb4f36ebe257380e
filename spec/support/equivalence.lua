-- Whether two compositions do the same: what their jobs are, and which commands they run, apart from the differences that
-- docs/yaml-types.md names. Every difference is a function here, called as on that page.
local path = require "orun.util.path"

local M = {}

---Name and version of a tool that a step installs; nil for other steps.
---@param step table
---@return string?
local function installed(step)
  local name = step.use and step.use:match "^[^@]*/([^@/]+)@"
  if not name then return nil end
  local with = step.with or {}
  local tool = name == "action-setup" and "pnpm" or name:match "^setup%-(.+)$" or name
  return ("%s %s"):format(tool, tostring(with["node-version"] or with.terraform_version or with.version))
end

---Tools that a job installs by actions, in any order.
---@param job table
---@return string[]
function M.tools(job)
  local list = {}
  for _, step in ipairs(job.steps) do list[#list + 1] = installed(step) end
  table.sort(list)
  return list
end

-- Each of them: fun(calls): calls. They are applied in this order.
local differences = {}
M.names = {}

local function difference(name, fn)
  differences[#differences + 1] = fn
  M.names[#M.names + 1] = name
end

---Every call of a tool, changed by a function of its arguments; nil leaves it out.
local function each(tool, change)
  return function(calls)
    local out = {}
    for _, call in ipairs(calls) do
      if call[1] ~= tool then out[#out + 1] = call else out[#out + 1] = change(call) end
    end
    return out
  end
end

---A call without the arguments that a pattern matches.
local function without(patterns)
  return function(call)
    local out = { directory = call.directory }
    for _, word in ipairs(call) do
      local keep = true
      for _, pattern in ipairs(patterns) do keep = keep and not word:find(pattern) end
      if keep then out[#out + 1] = word end
    end
    return out
  end
end

difference("npx", each("npx", function(call)
  return { directory = call.directory, "npm", "exec", "--", table.unpack(call, 2) }
end))

difference("one word or two", each("terraform", function(call)
  local out, i = { directory = call.directory }, 1
  while i <= #call do
    if call[i] == "-var" or call[i] == "-var-file" then
      out[#out + 1] = call[i] .. "=" .. call[i + 1]
      i = i + 2
    else
      out[#out + 1] = call[i]
      i = i + 1
    end
  end
  return out
end))

difference("the directory of Terraform", each("terraform", function(call)
  local out = { directory = call.directory }
  local directory = call[2]:match "^%-chdir=(.*)$"
  table.move(call, directory and 3 or 2, #call, 2, out)
  out[1] = "terraform"
  local last = out[#out]
  if out[2] == "fmt" and #out > 2 and not last:find "^%-" then directory, out[#out] = last, nil end
  if directory and directory ~= "." then out.directory = out.directory .. "/" .. directory end
  return out
end))

difference("how it is printed", each("terraform", without { "^%-no%-color$", "^%-diff$" }))
difference("Terraform's own defaults", each("terraform", without { "^%-parallelism=10$", "^%-lock%-timeout=0s$" }))
difference("nobody is asked", each("terraform", without { "^%-input=false$" }))
difference("the plan is kept", each("terraform", without { "^%-out=" }))
difference("directories below", each("terraform", without { "^%-recursive$" }))

difference("the order of options", each("terraform", function(call)
  local out, options = { directory = call.directory }, {}
  for _, word in ipairs(call) do
    local list = word:find "^%-" and options or out
    list[#list + 1] = word
  end
  table.sort(options)
  return table.move(options, 1, #options, #out + 1, out)
end))

-- What a request is, however curl is told: method, address, body, and with which token.
local function request(call)
  local found = { method = "GET" }
  local i = 2
  while i <= #call do
    local word, more = call[i], call[i + 1]
    if word == "-X" or word == "--request" then
      found.method, i = more, i + 1
    elseif word == "--data" then
      found.body, i = more, i + 1
    elseif word == "-o" or word == "--output" or word == "-w" or word == "--write-out" or word == "--config" then
      i = i + 1
    elseif word == "-H" or word == "--header" then
      found.token, i = found.token or more:match "^Authorization: (.*)$", i + 1
    elseif word:find "^https?:" then
      found.address = word
    else
      found.token = found.token or word:match '^header = "Authorization: (.*)"$'
    end
    i = i + 1
  end
  return found
end

difference("how curl is told", each("curl", function(call)
  local found = request(call)
  return { directory = "", "curl", found.method, found.address, found.body or "", found.token }
end))

difference("a new project is not changed once more", function(calls)
  local out, made = {}, nil
  for _, call in ipairs(calls) do
    local branch = call[1] == "curl" and (call[4] or ""):match '"production_branch":"[^"]*"'
    if not (branch and branch == made and call[2] == "PATCH") then out[#out + 1] = call end
    if branch and call[2] == "POST" then made = branch end
  end
  return out
end)

---Calls as texts, without the differences, and the tools that some of them install.
---@param calls RecordedCall[]
---@param root string that directories are shown relative to
---@return string[] calls
---@return string[] tools
function M.calls(calls, root)
  local tools, rest = {}, {}
  for _, call in ipairs(calls) do
    local pnpm = table.concat(call, " "):match "^npm install %-g pnpm@(.*)$"
    if pnpm then tools[#tools + 1] = "pnpm " .. pnpm else rest[#rest + 1] = call end
  end
  for _, change in ipairs(differences) do rest = change(rest) end
  for i, call in ipairs(rest) do
    local directory = call.directory ~= "" and path.relative(root, path.clean(call.directory)) or ""
    rest[i] = ("[%s] %s"):format(directory, table.concat(call, " "))
  end
  return rest, tools
end

return M
