-- Start-up: `orun version` and `orun --help` against the plain interpreter.
local measure = require "bench.measure"
local exe = require("host.system").paths().exe

return function()
  measure.report("start-up", measure.compare({
    { name = "lua5.4 -v", argv = { "lua5.4", "-v" } },
    { name = "orun version", argv = { exe, "version" } },
    { name = "orun --help", argv = { exe, "--help" } },
  }, { runs = 15, repeats = 40 }), "at most 3 x, at most 8 MB")
end
