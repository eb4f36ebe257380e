std = "lua54"
max_line_length = 140
self = false
exclude_files = { "build*/**", "lua/types/**" }
files["spec/**/*_spec.lua"] = { std = "lua54+busted" }
files["examples/**/*_spec.lua"] = { std = "lua54+busted" }
