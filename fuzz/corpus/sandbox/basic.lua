local t = setmetatable({}, { __index = function(_, k) return k end })
local s = ("a,b"):gsub("%w", { a = "x" }) .. ("%5d|%s"):format(3, {})
local co = coroutine.wrap(function(a) local x <close> = setmetatable({}, { __close = print }) coroutine.yield(a) end)
table.sort({ 3, 1, 2 }, function(a, b) return a < b end)
return { go = function(ctx) for k, v in pairs(ctx) do t[k] = v end return { t, ctx.a, s, co(1), load("return 1")() } end }
