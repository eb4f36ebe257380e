-- Runs busted inside the program, so that specs see what the program sees:
--   build/orun lua spec/run.lua [busted options] [files]
require "busted.runner" { standalone = false }
