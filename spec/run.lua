-- Runs busted inside the program, so that specs see what the program sees:
--   build/orun lua spec/run.lua [busted options] [files]
-- Steps of many specs talk to each other, and to the spec, by files of the workspace; those about isolation ask for it.
require("host.system").setenv("ORUN_ISOLATION", "none")
require "busted.runner" { standalone = false }
