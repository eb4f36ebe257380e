-- Command files of the user and of a checkout.
return function()
  local home = { ORUN_HOME = "home" }

  local function user(text) return { ["home/commands/deploy.lua"] = text } end
  local function checkout(text) return { [".orun/commands/deploy.lua"] = text } end

  return {
    { "command.syntax", argv = { "deploy" }, env = home, files = user "return {", place = "home/commands/deploy.lua:1" },
    { "command.syntax", argv = { "deploy" }, env = home, files = checkout "\nreturn {", place = ".orun/commands/deploy.lua:2" },
    { "command.failed", argv = { "deploy" }, env = home, files = user "local x\nx()", place = "home/commands/deploy.lua:2" },
    { "command.shape", argv = { "deploy" }, env = home, files = user "return 5", place = "home/commands/deploy.lua" },
    {
      "command.shape", argv = { "deploy" }, env = home, place = "home/commands/deploy.lua",
      files = user 'return { summary = "Deploy", flags = { { short = "d" } } }',
    },
    {
      "command.shape", argv = { "deploy" }, env = home, place = "home/commands/deploy.lua", hint = "did you mean run?",
      files = user 'return { summary = "Deploy", runn = function() end }',
    },
    {
      "command.raised", argv = { "deploy" }, env = home, place = "home/commands/deploy.lua:2",
      files = user 'return { summary = "Deploy", run = function()\n  error("no", 0) end }',
    },
    {
      "command.raised", argv = { "deploy" }, env = home, place = ".orun/commands/deploy.lua:1",
      files = checkout 'return { summary = "Deploy", run = function() local x return x.y end }',
    },
    {
      "command.result", argv = { "deploy" }, env = home, place = "home/commands/deploy.lua",
      files = user 'return { summary = "Deploy", run = function() return 256 end }',
    },
    {
      "command.sandbox", argv = { "help", "deploy" }, env = home, files = checkout "os.exit(1)", place = ".orun/commands/deploy.lua:1:1",
    },
    {
      "command.sandbox", argv = { "deploy", "--help" }, env = home, files = checkout "\nwhile true do end",
      place = ".orun/commands/deploy.lua:2:1",
    },
    {
      "command.unreadable", argv = {
        "lua", "-e", 'require("host.fs").read = function() return nil, "Permission denied" end return require("orun.main")("deploy")',
      }, env = home, files = user "return {}",
    },
  }
end
