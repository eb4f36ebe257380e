local function is_exact(version)
  return type(version) == "string" and version:find("^v?%d+%.%d+%.%d+[%w.+-]*$") ~= nil
end

local function is_setup(step)
  return step.use ~= nil and step.use:find("^[^@]*/setup%-terraform@") ~= nil
end

local function runs_terraform(step)
  return step.run ~= nil and ("\n" .. step.run):find("[%s;&|(]terraform%s+[%a-]") ~= nil
end

---@param version any
local function flaw(version, what, path)
  if is_exact(version) then return nil end
  local said = version == nil and "is not set" or ('is "%s"'):format(tostring(version))
  return { message = ("%s %s"):format(what, said), path = path, hint = "name one version exactly, such as 1.9.8" }
end

return {
  describe = "true: jobs that run Terraform name its version exactly, by the setup-terraform action or the parameter terraformVersion",
  schema = { type = "boolean" },
  check = function(_, job, ctx)
    local found, sets_up, runs = {}, false, ctx.component.type == "terraform"
    for i, step in ipairs(job.steps) do
      runs = runs or runs_terraform(step)
      if is_setup(step) then
        sets_up = true
        found[#found + 1] = flaw((step.with or {}).terraform_version, ('terraform_version of the step "%s"'):format(step.id),
          ("/steps/%d/with/terraform_version"):format(i - 1))
      end
    end
    if runs and not sets_up then
      return flaw((job.parameters or {}).terraformVersion, "the parameter terraformVersion", "/parameters/terraformVersion")
    end
    return found
  end,
}
