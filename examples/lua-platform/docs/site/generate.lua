-- generate.lua OUTPUT COUNTS…: a page with one table per file of counts.
local output, title = arg[1], os.getenv("TITLE")
local parts = { "<!doctype html>\n<title>", title, "</title>\n<h1>", title, "</h1>\n<ul>\n" }

local function add(...) for _, text in ipairs { ... } do parts[#parts + 1] = text end end

local names = {}
for i = 2, #arg do
  names[#names + 1] = arg[i]:match("([^/]+)%.counts$")
  add('<li><a href="#', names[#names], '">', names[#names], "</a>\n")
end
add("</ul>\n")
for i = 2, #arg do
  add('<h2 id="', names[i - 1], '">', names[i - 1], "</h2>\n<table>\n")
  for line in io.lines(arg[i]) do
    local key, value = line:match("^(%S+) (.*)$")
    add("<tr><th>", key, "<td>", (value:gsub("[<>&]", { ["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;" })), "\n")
  end
  add("</table>\n")
end

local file = assert(io.open(output, "w"))
file:write(table.concat(parts))
file:close()
print("wrote " .. output)
