-- The official JSON Schema test suite (../shared), all required cases of draft 7 and draft 2020-12, and the optional `format` cases
-- of the formats that are asserted. Counts are printed.
local fs = require "host.fs"
local json = require "host.json"
local schema = require "orun.schema"

local SUITE = "../shared/fixtures/json-schema-test-suite"

local formats = { "date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uri-reference", "iri",
  "iri-reference", "uri-template", "regex", "json-pointer", "relative-json-pointer", "uuid" }

local function read(path) return assert(json.decode(assert(fs.read(path)))) end

local function remotes()
  local documents = {}
  for _, entry in ipairs(assert(fs.walk(SUITE .. "/remotes"))) do
    if entry.path:find("%.json$") then
      documents["http://localhost:1234/" .. entry.path] = read(SUITE .. "/remotes/" .. entry.path)
    end
  end
  return documents
end

-- Draft 7's files name no `$schema`, since a runner knows what it reads; here the schema has to say it.
local function declared(document, draft)
  if draft == "draft7" and type(document) == "table" and document["$schema"] == nil then
    document["$schema"] = "http://json-schema.org/draft-07/schema#"
  end
  return document
end

local function run(files, draft, options)
  local passed, failures = 0, {}
  for _, file in ipairs(files) do
    for _, group in ipairs(read(file)) do
      local compiled, err = schema.compile(declared(group.schema, draft), options)
      for _, test in ipairs(group.tests) do
        local ok = compiled and compiled:validate(test.data) == true
        if compiled and ok == test.valid then
          passed = passed + 1
        else
          failures[#failures + 1] = ("%s: %s: %s%s"):format(file:match("[^/]+$"), group.description, test.description,
            err and (" [" .. err.message .. "]") or "")
        end
      end
    end
  end
  return passed, failures
end

describe("the official suite", function()
  if not fs.exists(SUITE) then
    pending("../shared is not here, so the official JSON Schema suite is not run")
    return
  end
  for _, draft in ipairs { "draft7", "draft2020-12" } do
    it(draft .. ", required", function()
      local files = {}
      for _, name in ipairs(assert(fs.list(SUITE .. "/tests/" .. draft))) do
        if name:find("%.json$") then files[#files + 1] = ("%s/tests/%s/%s"):format(SUITE, draft, name) end
      end
      local passed, failures = run(files, draft, { documents = remotes(), format = false })
      io.write(("[%s: %d of %d] "):format(draft, passed, passed + #failures))
      assert.same({}, failures)
    end)

    it(draft .. ", formats", function()
      local files = {}
      for _, name in ipairs(formats) do
        local file = ("%s/tests/%s/optional/format/%s.json"):format(SUITE, draft, name)
        if fs.exists(file) then files[#files + 1] = file end
      end
      local passed, failures = run(files, draft, { format = true })
      io.write(("[%s formats: %d of %d] "):format(draft, passed, passed + #failures))
      assert.same({}, failures)
    end)
  end
end)
