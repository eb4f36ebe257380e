-- URI references (RFC 3986 section 5), as far as JSON Schema needs them: splitting, resolving, fragments.
local M = {}

---@param uri string
---@return {scheme: string?, authority: string?, path: string, query: string?, fragment: string?}
function M.split(uri)
  local rest, fragment = uri:match("^([^#]*)#(.*)$")
  rest = rest or uri
  local before, query = rest:match("^([^?]*)%?(.*)$")
  rest = before or rest
  local scheme, after = rest:match("^(%a[%w+.-]*):(.*)$")
  rest = after or rest
  local authority, path = rest:match("^//([^/]*)(.*)$")
  return { scheme = scheme, authority = authority, path = path or rest, query = query, fragment = fragment }
end

local function remove_dots(path)
  local out, rooted = {}, path:sub(1, 1) == "/"
  local trailing = path:find("/%.?%.?$") ~= nil
  for part in path:gmatch("[^/]+") do
    if part == ".." then
      out[#out] = nil
    elseif part ~= "." then
      out[#out + 1] = part
    end
  end
  local text = (rooted and "/" or "") .. table.concat(out, "/")
  if trailing and #out > 0 then text = text .. "/" end
  return text
end

local function join(u)
  return (u.scheme and u.scheme .. ":" or "") .. (u.authority and "//" .. u.authority or "") .. u.path
    .. (u.query and "?" .. u.query or "") .. (u.fragment and "#" .. u.fragment or "")
end

---Resolves a reference against a base URI.
---@param base string
---@param reference string
---@return string
function M.resolve(base, reference)
  local r = M.split(reference)
  if r.scheme then
    if r.path:sub(1, 1) == "/" then r.path = remove_dots(r.path) end
    return join(r)
  end
  local b = M.split(base)
  r.scheme = b.scheme
  if r.authority then
    r.path = remove_dots(r.path)
  else
    r.authority = b.authority
    if r.path == "" then
      r.path, r.query = b.path, r.query or b.query
    elseif r.path:sub(1, 1) == "/" then
      r.path = remove_dots(r.path)
    elseif b.authority and b.path == "" then
      r.path = remove_dots("/" .. r.path)
    else
      r.path = remove_dots((b.path:match("^(.*/)") or "") .. r.path)
    end
  end
  return join(r)
end

---Splits off the fragment.
---@param uri string
---@return string address
---@return string fragment percent-decoded, "" when absent
function M.defragment(uri)
  local address, fragment = uri:match("^([^#]*)#(.*)$")
  if not address then return uri, "" end
  return address, (fragment:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

return M
