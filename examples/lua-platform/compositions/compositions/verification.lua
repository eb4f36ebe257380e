local orun = require "orun"
local place = require "shared.place"
local s = orun.schema

return orun.composition {
  type = "verification",
  description = "Checks a package's checksum, unpacks it and tries the program",
  parameters = s.object({
    package = s.string { required = true, minLength = 1, description = "path of the package's component" },
    archive = s.string { required = true, minLength = 1, description = "name of the archive, without .tar" },
    expected = s.array(s.string {}, { required = true, description = "lines that the program prints" }),
  }, { additionalProperties = false }),
  defaultJob = "verify",
  jobs = {
    {
      name = "verify",
      runsOn = "ubuntu-24.04",
      timeout = "2m",
      steps = function(ctx)
        local p, build = ctx.parameters, place.build(ctx)
        return {
          orun.run {
            id = "checksum", ["working-directory"] = p.package .. "/" .. build,
            run = orun.sh("sha256sum -c %s", p.archive .. ".tar.sha256"),
          },
          orun.run {
            id = "unpack",
            run = orun.sh("set -e\nrm -rf %s\nmkdir -p %s\ntar -xf %s -C %s\n", build, build, place.of(ctx, p.package, p.archive .. ".tar"),
              build),
          },
          orun.run {
            id = "try",
            run = orun.sh("test \"$(printf 'a b\\na\\n' | %s)\" = %s", build .. "/" .. p.archive .. "/bin/tally",
              table.concat(p.expected, "\n")),
          },
        }
      end,
    },
  },
}
