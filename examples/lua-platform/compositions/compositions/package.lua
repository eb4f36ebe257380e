local orun = require "orun"
local place = require "shared.place"
local s = orun.schema

---Copies of what others built, one line each, in the order of the places.
local function copies(ctx, root)
  local lines = {}
  for target, file in pairs(ctx.parameters.contents) do
    local directory = target:match "^(.*)/[^/]*$"
    lines[#lines + 1] = orun.sh("mkdir -p %s", directory and root .. "/" .. directory or root)
    lines[#lines + 1] = orun.sh("cp %s %s", file:gsub("%%s", ctx.orun.environment.name), root .. "/" .. target)
  end
  return table.concat(lines, "\n")
end

return orun.composition {
  type = "package",
  description = "A reproducible archive of what other components built, with its checksum",
  parameters = s.object({
    archive = s.string { required = true, minLength = 1, description = "name of the archive, without .tar" },
    contents = s.map(s.string {}, { required = true, description = "file to pack by place in the archive; %s is the environment" }),
  }, { additionalProperties = false }),
  defaultJob = "pack",
  jobs = {
    {
      name = "pack",
      runsOn = "ubuntu-24.04",
      timeout = "2m",
      outputs = function(ctx)
        local archive = place.built(ctx, ctx.parameters.archive .. ".tar")
        return { archive, archive .. ".sha256" }
      end,
      steps = function(ctx)
        local archive, build = ctx.parameters.archive, place.build(ctx)
        return {
          orun.run { id = "collect", run = orun.sh("set -e\nrm -rf %s\n", build) .. copies(ctx, build .. "/" .. archive) .. "\n" },
          orun.run {
            id = "pack", ["working-directory"] = build,
            run = orun.sh("tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf %s %s && sha256sum %s > %s",
              archive .. ".tar", archive, archive .. ".tar", archive .. ".tar.sha256"),
          },
          orun.run { id = "checksum", phase = "post", run = orun.sh("cat %s", build .. "/" .. archive .. ".tar.sha256") },
        }
      end,
    },
  },
}
