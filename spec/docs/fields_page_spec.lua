-- docs/fields.md is made from the published schemas.
local fs = require "host.fs"
local page = dofile "spec/docs/fields_page.lua"

describe("docs/fields.md", function()
  it("is what make docs writes", function()
    assert.is_true(fs.read(page.file) == page.text(), "docs/fields.md is stale: make docs writes it again")
  end)

  it("has the fields of every file, with what is required", function()
    local text = page.text()
    for _, line in ipairs {
      "| `components[].dependsOn[].component` | text | **required**; component that must be done first |",
      "| `environments.<name>.activation.triggerRefs` | list of texts |",
      "| `spec.subscribe.environments` | list |",
      "| `spec.jobs[].steps[].run` | text |",
    } do assert.truthy(text:find(line, 1, true), line) end
  end)
end)
