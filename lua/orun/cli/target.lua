-- What `orun run [ref]` is about: a stored plan, a plan file, or a fresh plan (of one component).
local diagnostic = require "orun.diagnostic"
local reader = require "orun.plan.reader"
local stores = require "orun.plan.store"

local M = {}

-- Loaded when something has to be compiled: a stored plan runs without it.
local function compiler()
  return require "orun.compiler"
end

---@class TargetOptions
---@field ref? string
---@field store string
---@field compile table            options of orun.compiler
---@field allow_modified? boolean

---@class Target
---@field plan table
---@field text? string|JsonDraft its bytes, when they are known
---@field fresh boolean
---@field compiled? Compiled of a fresh one
---@field components? string[] selection implied by a component name

local function raise(err)
  diagnostic.raise(err)
end

local function fresh(options, components, report)
  local compile = {}
  for k, v in next, options.compile do compile[k] = v end
  compile.components = components or compile.components
  local compiled = compiler().compile(compile, report)
  local path, err = stores.open(options.store):save(compiled.plan, compiled.encoded)
  if not path then raise(err) end
  return { plan = compiled.plan, text = compiled.encoded, fresh = true, components = components, compiled = compiled }
end

local function stored(options, path, report)
  local is_json = not path:find "%.ya?ml$"
  local plan, text = reader.read(path, { allow_modified = options.allow_modified, unordered = is_json }, report)
  -- A file that states the checksum of the plan is the plan's own text; it need not be encoded again for the record.
  local own = is_json and text:find('"' .. plan.metadata.checksum .. '"', 1, true)
  return { plan = plan, text = own and text or nil, fresh = false }
end

-- Whether the intent knows a component of exactly that name. Mistakes in it are reported when it is compiled.
local function is_component(options, name)
  local ok, model = pcall(compiler().model, options.compile, diagnostic.collector {}, false)
  if not ok then
    if diagnostic.is(model) then return false end
    error(model, 0)
  end
  for _, component in ipairs(model.components) do
    if component.name == name then return true end
  end
  return false
end

local function is_checksum_prefix(ref)
  local hex = ref:gsub("^sha256%-", "")
  return #hex >= 4 and not hex:find("%X")
end

local function is_path(ref)
  return ref:find("/", 1, true) ~= nil or ref:find "%.json$" ~= nil or ref:find "%.ya?ml$" ~= nil
end

-- A fresh plan of the component that a text means; whoever typed it may have meant a plan as well.
local function fresh_of(options, ref, report)
  local ok, result = pcall(fresh, options, { ref }, report)
  if ok then return result end
  local first = diagnostic.is(result) and result.errors[1]
  if first and first.kind == "plan.unknown-component" then
    first.message = ("there is no plan and no component called %s"):format(ref)
    if #ref < 4 and not ref:find "%X" then first.hint = "of a checksum at least four digits are needed; " .. (first.hint or "") end
  end
  error(result, 0)
end

---@param options TargetOptions
---@param report table collector of warnings
---@return Target
function M.find(options, report)
  local ref = options.ref
  if not ref then return fresh(options, nil, report) end
  local path, how = stores.open(options.store):resolve(ref)
  if path and how ~= "prefix" then return stored(options, path, report) end
  if not path and (ref == "latest" or is_path(ref)) then raise(how) end
  -- The beginning of a checksum may be a component's name too; the component wins.
  if is_checksum_prefix(ref) and not is_component(options, ref) then
    if path then return stored(options, path, report) end
    if how.kind == "plan.ambiguous" then raise(how) end
  end
  return fresh_of(options, ref, report)
end

---The component scope of the working directory, for a stored plan: it filters the plan's jobs.
---@param options TargetOptions
---@return {detectedComponent: string, components: string[]}?
function M.scope(options)
  -- Most often there is none, and then the intent need not be read.
  if not require("orun.intent.scope").detect(options.compile.cwd, "/") then return nil end
  local report = diagnostic.collector {}
  local ok, model, loaded = pcall(compiler().model, options.compile, report, false)
  if not ok then
    if diagnostic.is(model) then return nil end
    error(model, 0)
  end
  return compiler().scope(model, loaded.root, options.compile, report)
end

return M
