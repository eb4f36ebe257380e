-- The corpus of `make fuzz` runs through its targets without a fuzzer, so that neither drifts away from the program.
local fs = require "host.fs"

local targets = assert(loadfile("fuzz/targets.lua"))()

describe("the fuzz target", function()
  for _, name in ipairs(assert(fs.list("fuzz/corpus"))) do
    local folder = "fuzz/corpus/" .. name
    for _, file in ipairs(assert(fs.list(folder))) do
      it(("%s accepts %s, its halves and its prefixes"):format(name, file), function()
        local bytes = assert(fs.read(folder .. "/" .. file))
        local run = assert.is_function(targets[name]) and targets[name]
        run(bytes)
        for cut = 1, math.min(#bytes, 60) do run(bytes:sub(1, cut)) end
        run(bytes:sub(#bytes // 2))
      end)
    end
  end
end)
