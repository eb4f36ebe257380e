std = "lua54"
max_line_length = 140
self = false
exclude_files = { "build*/**", "lua/types/**" }
files["spec/**/*_spec.lua"] = { std = "lua54+busted" }
-- Specs of composition packages have `compile` and assertions of their own.
for _, place in ipairs { "compositions", "examples" } do
  files[place .. "/**/*_spec.lua"] = { std = "lua54+busted", globals = { "compile", "assert" } }
end
