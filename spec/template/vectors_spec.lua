-- The vectors of ../shared/fixtures/go-template: outputs to the byte, errors by kind, line and what they name.
local fs = require "host.fs"
local hash = require "host.hash"
local json = require "host.json"
local template = require "orun.template"

local VECTORS = "../shared/fixtures/go-template"

local function bytes(vector, key)
  local text = vector[key]
  if text or not vector[key .. "_base64"] then return text end
  return assert(hash.base64url_decode((vector[key .. "_base64"]:gsub("+", "-"):gsub("/", "_"):gsub("=", ""))))
end

local function wrong(vector)
  local out, err = template.render(bytes(vector, "template"), vector.data)
  local wanted = bytes(vector, "output")
  if wanted then
    if out == wanted then return nil end
    return ("%s: wanted %q, got %q %s"):format(vector.name, wanted, tostring(out), err and err.message or "")
  end
  if not err then return ("%s: wanted an error with %q, got %q"):format(vector.name, vector.error.contains, out) end
  if err.kind ~= vector.error.kind then
    return ("%s: wanted a %s error, got %s: %s"):format(vector.name, vector.error.kind, err.kind, err.message)
  end
  if vector.error.line and err.line ~= vector.error.line then
    return ("%s: wanted line %d, got %s: %s"):format(vector.name, vector.error.line, err.line, err.message)
  end
  if not err.message:lower():find(vector.error.contains:lower(), 1, true) then
    return ("%s: %q does not contain %q"):format(vector.name, err.message, vector.error.contains)
  end
  if err.kind == "exec" and err.partial ~= (bytes(vector, "partial") or "") then
    return ("%s: wanted %q before the error, got %q"):format(vector.name, bytes(vector, "partial") or "", err.partial)
  end
end

describe("template vectors", function()
  if not fs.exists(VECTORS) then
    pending("../shared is not here, so the template vectors are not run")
    return
  end
  local total = 0
  for _, file in ipairs(assert(fs.list(VECTORS))) do
    if file:find("%.json$") then
      it(file, function()
        local failures = {}
        for _, vector in ipairs(assert(json.decode(assert(fs.read(VECTORS .. "/" .. file))))) do
          total = total + 1
          failures[#failures + 1] = wrong(vector)
        end
        assert.same({}, failures)
      end)
    end
  end
  it("were all there", function() assert.equal(1044, total) end)
end)
