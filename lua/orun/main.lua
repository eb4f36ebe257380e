-- Command dispatch (provisional: only `orun lua`).
return function(command, ...)
  if command ~= "lua" then
    io.stderr:write("error: only `orun lua` exists so far\n")
    return 2
  end
  return require("orun.commands.lua")(...)
end
