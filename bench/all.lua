-- `make bench [BENCH="startup compile"]`: runs the named benchmarks, all by default.
package.path = "./?.lua;" .. package.path
local names = #arg > 0 and arg or { "startup", "run", "staging", "compile" }
for _, name in ipairs(names) do require("bench." .. name)() end
