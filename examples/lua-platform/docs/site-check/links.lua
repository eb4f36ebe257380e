-- links.lua PAGE: every `#` link of a page has its target.
local page = assert(io.open(arg[1])):read("a")
local broken, links = 0, 0
for target in page:gmatch('href="#([^"]+)"') do
  links = links + 1
  if not page:find('id="' .. target .. '"', 1, true) then
    print("no target for #" .. target)
    broken = broken + 1
  end
end
print(("%d links, %d broken"):format(links, broken))
os.exit(links > 0 and broken == 0)
