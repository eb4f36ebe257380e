-- `orun lua FILE|-e CHUNK [args]`: a trusted script in the host state (provisional shape).
return function(file, ...)
  package.path = package.path .. ";/usr/share/lua/5.4/?.lua;/usr/share/lua/5.4/?/init.lua"
  package.cpath = package.cpath .. ";/usr/lib/x86_64-linux-gnu/lua/5.4/?.so;/usr/local/lib/lua/5.4/?.so"
  if file == "-e" then
    local chunk, rest = ..., { select(2, ...) }
    _G.arg = { [0] = "-e", table.unpack(rest) }
    return assert(load(chunk, "=-e"))(table.unpack(rest)) or 0
  end
  _G.arg = { [0] = file, ... }
  return assert(loadfile(file))(...) or 0
end
