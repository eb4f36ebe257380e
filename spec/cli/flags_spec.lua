local diagnostic = require "orun.diagnostic"
local flags = require "orun.cli.flags"

local declared = {
  { name = "output", short = "o", value = "PATH" },
  { name = "env", short = "e", value = "LIST", repeatable = true },
  { name = "jobs", short = "j", value = "N", type = "integer", default = 4 },
  { name = "ratio", value = "R", type = "number" },
  { name = "interval", value = "D", type = "duration" },
  { name = "format", value = "F", choices = { "json", "yaml" } },
  { name = "token-file", value = "PATH", env = "SPEC_TOKEN_FILE" },
  { name = "remote", env = "SPEC_REMOTE" },
  { name = "verbose", short = "v" },
  { name = "quiet", short = "q" },
  { name = "secret", hidden = true },
}

local environment = {}

local function parse(words, args, options)
  local o = options or {}
  return flags.parse(words, {
    name = "orun spec", flags = flags.with_global(o.flags or declared), args = args, leading = o.leading,
    environment = function(name) return environment[name] end,
  })
end

local function refused(words, args)
  local ok, err = pcall(parse, words, args)
  assert.is_false(ok)
  assert.is_true(diagnostic.is(err), tostring(err))
  assert.equal(2, err.exit)
  return err.errors[1].message, err.errors[1].hint
end

local any = { { name = "thing", optional = true, repeatable = true } }

describe("flags", function()
  after_each(function() environment = {} end)

  it("are false, absent or their default when not given", function()
    local parsed = parse {}
    assert.is_false(parsed.flags.verbose)
    assert.is_nil(parsed.flags.output)
    assert.is_nil(parsed.flags.env)
    assert.equal(4, parsed.flags.jobs)
    assert.same({}, parsed.given)
  end)

  it("are read in every written form", function()
    for _, words in ipairs {
      { "--output", "a" }, { "--output=a" }, { "-o", "a" }, { "-oa" }, { "-o=a" }, { "-vo", "a" }, { "-vqoa" },
    } do
      local parsed = parse(words)
      assert.equal("a", parsed.flags.output, table.concat(words, " "))
      assert.is_true(parsed.given.output)
    end
    assert.is_true(parse({ "-vq" }).flags.quiet)
    assert.equal("", parse({ "--output=" }).flags.output)
    assert.equal("a=b", parse({ "--output=a=b" }).flags.output)
  end)

  it("are known by name with underscores", function()
    assert.equal("f", parse({ "--token-file", "f" }).flags.token_file)
  end)

  it("can be switched off", function()
    assert.is_false(parse({ "--verbose", "--no-verbose" }).flags.verbose)
    assert.is_false(parse({ "--verbose=false" }).flags.verbose)
    assert.is_true(parse({ "--verbose=TRUE" }).flags.verbose)
    assert.is_true(parse({ "--no-verbose" }).given.verbose)
    assert.equal("unknown flag --no-output for orun spec", (refused { "--no-output" }))
    assert.equal("--no-verbose takes no value", (refused { "--no-verbose=1" }))
    assert.equal('--verbose must be true or false, not "perhaps"', (refused { "--verbose=perhaps" }))
  end)

  it("collect their values when repeatable", function()
    assert.same({ "dev", "prod" }, parse({ "-e", "dev", "--env=prod" }).flags.env)
  end)

  it("take the last value otherwise", function()
    assert.equal("b", parse({ "-o", "a", "-o", "b" }).flags.output)
  end)

  it("are checked for their type", function()
    assert.equal(-2, parse({ "--jobs", "-2" }).flags.jobs)
    assert.equal(1.5, parse({ "--ratio", "1.5" }).flags.ratio)
    assert.equal(90, parse({ "--interval", "1m30s" }).flags.interval)
    assert.equal('--jobs must be an integer, not "2.5"', (refused { "--jobs", "2.5" }))
    assert.equal('-j must be an integer, not "0x10"', (refused { "-j", "0x10" }))
    assert.equal('--ratio must be a number, not "nan"', (refused { "--ratio=nan" }))
    assert.equal('--interval must be a duration such as 90s or 1m30s, not "5"', (refused { "--interval", "5" }))
  end)

  it("are of their type where they are one of several choices too", function()
    local flag = { name = "level", value = "N", type = "integer", choices = { "1", "2" } }
    assert.same({ 2 }, { flags.value(flag, "2", "--level") })
  end)

  it("are checked for their choices, with a suggestion", function()
    assert.equal("yaml", parse({ "--format", "yaml" }).flags.format)
    local message, hint = refused { "--format", "yml" }
    assert.equal('--format must be one of json, yaml, not "yml"', message)
    assert.equal("did you mean yaml?", hint)
  end)

  it("are refused when unknown, with a suggestion that does not betray hidden ones", function()
    local message, hint = refused { "--verbos" }
    assert.equal("unknown flag --verbos for orun spec", message)
    assert.equal("did you mean --verbose?", hint)
    assert.equal("orun spec --help lists the flags", select(2, refused { "--secrt" }))
    assert.equal("unknown flag -x for orun spec", (refused { "-x" }))
    assert.equal("unknown flag -x in -vx for orun spec", (refused { "-vx" }))
  end)

  it("need their value, and do not take another flag for it", function()
    assert.equal("--output needs a value (PATH)", (refused { "--output" }))
    assert.equal("--format needs a value (json, yaml)", (refused { "--format" }))
    local message, hint = refused { "--output", "--verbose" }
    assert.equal("--output needs a value (PATH)", message)
    assert.equal("a value that starts with a dash is written --output=--verbose", hint)
    assert.equal("-x", parse({ "--output", "-x" }).flags.output)
    assert.equal("--verbose", parse({ "--output=--verbose" }).flags.output)
  end)

  it("end at --", function()
    local parsed = parse({ "-v", "--", "-q", "--", "x" }, any)
    assert.is_false(parsed.flags.quiet)
    assert.same({ "-q", "--", "x" }, parsed.args.thing)
  end)

  it("take a single dash for an argument", function()
    assert.equal("-", parse({ "-" }, any).args[1])
  end)

  it("come from the environment when not given", function()
    environment = { SPEC_TOKEN_FILE = "/t", SPEC_REMOTE = "True" }
    local parsed = parse {}
    assert.equal("/t", parsed.flags.token_file)
    assert.is_true(parsed.flags.remote)
    assert.same({}, parsed.given)
    assert.equal("x", parse({ "--token-file", "x" }).flags.token_file)
    environment = { SPEC_REMOTE = "maybe" }
    assert.equal('SPEC_REMOTE must be true or false, not "maybe"', (refused {}))
  end)

  it("let --help win over mistakes behind it", function()
    assert.is_true(parse({ "--help", "--nonsense" }).flags.help)
    assert.is_true(parse({ "-h", "surplus" }).flags.help)
  end)

  it("can stop at the first argument", function()
    local parsed = parse({ "-v", "script", "-q", "--unknown" }, any, { leading = true })
    assert.is_false(parsed.flags.quiet)
    assert.same({ "script", "-q", "--unknown" }, parsed.args.thing)
  end)

  it("of a command win over global ones of the same name or letter", function()
    local own = { { name = "all", value = "X" }, { name = "include", short = "i" } }
    local parsed = parse({ "--all", "y", "-i" }, nil, { flags = own })
    assert.equal("y", parsed.flags.all)
    assert.is_true(parsed.flags.include)
    assert.is_nil(parsed.flags.intent)
    assert.equal("p", parse({ "--intent", "p" }, nil, { flags = own }).flags.intent)
  end)
end)

describe("arguments", function()
  local two = { { name = "first" }, { name = "second", optional = true } }

  it("are named and listed, wherever flags stand between them", function()
    local parsed = parse({ "a", "-v", "b" }, two)
    assert.equal("a", parsed.args.first)
    assert.equal("b", parsed.args[2])
  end)

  it("are counted", function()
    assert.equal("orun spec needs an argument: first", (refused({}, two)))
    assert.equal('unexpected argument "c" for orun spec', (refused({ "a", "b", "c" }, two)))
    assert.equal('unexpected argument "a" for orun spec', (refused({ "a" })))
    assert.equal("orun spec needs at least one item", (refused({}, { { name = "item", repeatable = true } })))
  end)
end)
