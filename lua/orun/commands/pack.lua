-- `orun pack`: a composition package as one archive.
local bundle = require "orun.composition.bundle"
local condition = require "orun.util.condition"
local diagnostic = require "orun.diagnostic"
local fs = require "host.fs"
local hash = require "host.hash"
local json = require "host.json"
local path = require "orun.util.path"
local value = require "host.value"

local shape = value.shape { "package", "version", "files", "archive", "digest" }

---The time of every entry: the same for all who pack the same sources.
local function entry_time()
  local text = os.getenv "SOURCE_DATE_EPOCH"
  if not text or text == "" then return 0 end
  local seconds = text:match("^%d+$") and math.tointeger(tonumber(text))
  if seconds then return seconds end
  diagnostic.raise { kind = "pack.source-date-epoch", message = ("SOURCE_DATE_EPOCH is not a number of seconds: %q"):format(text) }
end

local function fail(message)
  diagnostic.raise { kind = "pack.failed", message = message }
end

local function write(file, bytes, shown)
  local ok, message = fs.mkdir(path.dirname(file))
  if ok then ok, message = fs.write(file, bytes, { through = true }) end
  if not ok then fail(("cannot write the archive %s: %s"):format(shown, condition.reason(message))) end
end

local function print_summary(ctx, summary)
  local style = ctx.style
  for _, key in ipairs { "package", "version", "files", "archive", "digest" } do
    ctx:print(("  %s %s"):format(style:paint("dim", style.pad(key, 8)), tostring(summary[key])))
  end
  ctx:print(("%s packed"):format(style:paint("success", style.glyph.success)))
end

return {
  summary = "Pack a composition package into an archive",
  usage = "orun pack [flags]",
  description = [[
Checks the package as a plan would and writes a tar.gz of it, which a source of kind `archive` can name. The same files give the same
bytes; the printed digest can be pinned. The version is the git tag of the commit, else that of the manifest.]],
  examples = {
    { "orun pack --root ./compositions", "./<name>-<version>.tgz" },
    { "orun pack --root ./compositions -o kit.tgz --json", "its digest as data" },
  },
  flags = {
    { name = "root", value = "DIR", help = "directory of the package (default: . or examples/compositions)", complete = "files" },
    {
      name = "output", short = "o", value = "PATH", help = "the archive (default: ./<name>-<version>.tgz; -: standard output)",
      complete = "files",
    },
    { name = "json", help = "print what was packed as JSON" },
  },
  args = {},

  run = function(ctx)
    if ctx.flags.output == "" then diagnostic.usage("--output needs a path") end
    if ctx.flags.output == "-" and ctx.flags.json then
      diagnostic.usage("--output - and --json exclude each other", "both go to standard output")
    end
    local root = ctx.flags.root or bundle.default_root(ctx.cwd)
    local mtime = entry_time()
    local opened = bundle.open(path.resolve(ctx.cwd, root), ctx.report, function(file) return path.shown(ctx.cwd, file) end)
    ctx.report:check()
    if not opened then return fail("the package at " .. root .. " cannot be used") end
    local shown = ctx.flags.output or bundle.file_name(opened)
    local file = path.resolve(ctx.cwd, shown)
    local bytes, message = bundle.archive(opened, file, mtime)
    if not bytes then return fail(message) end
    if shown == "-" then return ctx:write(bytes) end
    write(file, bytes, shown)
    local summary = shape {
      package = opened.package.name, version = opened.version, files = #opened.files, archive = shown,
      digest = "sha256:" .. hash.sha256(bytes),
    }
    if ctx.flags.json then
      ctx:print(json.encode(summary, { indent = 2 }))
    else
      print_summary(ctx, summary)
    end
  end,
}
