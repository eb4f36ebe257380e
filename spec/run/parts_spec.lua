local directory = require "orun.run.directory"
local envfile = require "orun.run.envfile"
local environment = require "orun.run.environment"
local link = require "orun.run.link"
local secret = require "orun.run.secret"
local shell = require "orun.run.shell"
local step = require "orun.run.step"
local value = require "host.value"

describe("variable files (05 case 34)", function()
  it("hold lines and blocks", function()
    assert.same({ TOKEN = "a+b/c==", X = "", B = "one\n\ntwo", C = "" }, envfile.parse(
      "\239\187\191TOKEN=a+b/c==\r\n\n  \nX=\nB<<E F\none\n\ntwo\nE F\nC<<END\nEND\n"))
    assert.same({ A = "b<<c" }, envfile.parse("A=b<<c"))
  end)

  it("cannot set what belongs to orun or to a CI system", function()
    assert.same({ OK = "1" }, envfile.allowed(envfile.parse("ORUN_X=1\ngithub_x=1\nRUNNER_X=1\nNode_Options=1\nOK=1\n")))
  end)

  it("are refused when malformed", function()
    local wrong = {
      ["plain"] = "NAME=value", ["=x"] = "NAME=value", ["A<<END\nx\n"] = '"END" is missing', ["<<E\nE\n"] = "needs a name",
    }
    for text, part in next, wrong do
      local found, message = envfile.parse(text)
      assert.is_nil(found)
      assert.truthy(message:find(part, 1, true), message)
    end
  end)
end)

describe("environment values", function()
  it("are texts", function()
    assert.equal("1234567", environment.text(1234567))
    assert.equal("true", environment.text(true))
    assert.equal("", environment.text(value.null))
    assert.equal('["a",1]', environment.text(value.list { "a", 1 }))
    assert.equal('{"a":"<"}', environment.text { a = "<" })
  end)

  it("of one step do not reach the next", function()
    local env = environment.new { A = "base", OLD_TOKEN = "0123456789" }
    local first, hidden = env:with({ O = "own" }, { A = 1, B = "b" }, nil, { B = "c", NEW_TOKEN = "abcdefghij", ORUN_JOB_ID = "x" })
    assert.same({ O = "own", A = "1", B = "c", NEW_TOKEN = "abcdefghij" }, first)
    assert.same({ "0123456789", "abcdefghij" }, hidden)
    local second, still = env:with({}, { C = "c" })
    assert.same({ C = "c" }, second)
    assert.same({ "0123456789" }, still)
  end)
end)

describe("links", function()
  it("are found wherever they stand in a big log", function()
    local fs = require "host.fs"
    local path = assert(fs.temporary("/tmp/orun-link-")) .. "/log"
    local lines = {}
    for i = 1, 3000 do lines[i] = ("x"):rep(50) .. i .. (i % 1000 == 7 and " A: https://x.example/" .. i or "") end
    assert(fs.write(path, table.concat(lines, "\n") .. "\nRestoring 'npm' from cache"))
    local links, hit = link.scan(path, 1 << 20)
    assert.same({ "https://x.example/7", "https://x.example/1007", "https://x.example/2007" }, { links[1].url, links[2].url, links[3].url })
    assert.is_true(hit)
    assert.equal(2, #link.scan(path, 1 << 15))
    assert.equal(0, #link.scan(path .. "none", 1 << 16))
    fs.remove_tree((path:gsub("/log$", "")))
  end)

  it("are whole wherever a log is cut for reading", function()
    local fs = require "host.fs"
    local path = assert(fs.temporary("/tmp/orun-link-")) .. "/log"
    local url = "https://x.example/a-page-of-some-length"
    for _, between in ipairs { "\n", " " } do
      for before = (1 << 16) - 60, (1 << 16) + 1 do
        assert(fs.write(path, ("x"):rep(before - 1) .. between .. "Page: " .. url .. between .. ("y"):rep(1 << 16)))
        local links = link.scan(path, 1 << 20)
        assert.same({ url }, { links[1] and links[1].url }, before)
        assert.is_nil(links[2])
        if between == "\n" then assert.equal("Page", links[1].label) end
      end
    end
    fs.remove_tree((path:gsub("/log$", "")))
  end)

  it("are not all: hits of caches are told apart (05 §16.5)", function()
    assert.is_true(link.cache_hit("x\nRestoring 'npm' from cache\n"))
    assert.is_true(link.cache_hit("Terraform tool version '1.9.8' has been cached at /opt/tf\n"))
    assert.is_false(link.cache_hit("Restoring from cache\ncached at /opt\n"))
  end)

  it("05 case 32: carry the text before them as label", function()
    assert.same({ { label = "Preview URL", url = "https://x.example/y" } }, link.extract("- Preview URL: https://x.example/y\n"))
    assert.same({ { label = "Link", url = "http://a/b" } }, link.extract("http://a/b\nagain http://a/b"))
    assert.same({ { label = "a label that is s...", url = "https://u" } }, link.extract("a label that is surely too long: https://u"))
    assert.same({}, link.extract("nothing here"))
  end)
end)

describe("secrets", function()
  it("are known by the names of their variables", function()
    for _, name in ipairs { "GITHUB_TOKEN", "api_key", "DbPassword", "X_SECRET" } do assert.is_true(secret.is_name(name), name) end
    for _, name in ipairs { "PATH", "KEYBOARD", "TOKENS" } do assert.is_false(secret.is_name(name), name) end
    assert.same({ "line-one-of-it\nshort", "line-one-of-it", "abcdefgh" },
      secret.values { A_TOKEN = "abcdefgh", B_KEY = "line-one-of-it\nshort", C_KEY = "short", D = "abcdefghij" })
    assert.is_nil(secret.values { A = "b" })
    assert.equal("a *** b ***", secret.hide("a s3cret!! b s3cret!!", { "s3cret!!" }))
  end)
end)

describe("shells", function()
  it("follow the templates of GitHub Actions when one is named", function()
    assert.same({ "sh", "-c", "make" }, shell.command(nil, "make"))
    assert.same({ "bash", "--noprofile", "--norc", "-eo", "pipefail", "/f" }, shell.command(" bash ", "make", "/f"))
    assert.same({ "sh", "-e", "/f" }, shell.command("sh", "make", "/f"))
    assert.same({ "perl", "-w", "/f%1" }, shell.command("perl -w {0}", "make", "/f%1"))
    assert.same({ "node", "/f" }, shell.command("node", "make", "/f"))
    assert.equal(".py", shell.extension("python"))
  end)
end)

describe("working directories", function()
  it("05 case 22: are joined once", function()
    assert.equal("/w/svc", directory.job("/w", { path = "svc" }))
    assert.equal("/w", directory.job("/w", { path = "./" }))
    assert.equal("/w", directory.job("/w", {}))
    assert.equal("/abs", directory.job("/w", { path = "/abs" }))
    assert.equal("/o", directory.job("/w", { path = "svc" }, "/o"))
    assert.equal("/w/svc/sub", directory.step("/w/svc", { ["working-directory"] = " sub " }))
    assert.equal("/abs", directory.step("/w/svc", { ["working-directory"] = "/abs" }))
  end)
end)

describe("attempts", function()
  it("05 case 17: are counted by the step, else by the job", function()
    assert.equal(2, step.attempts({ retries = 5 }, { retry = 1 }))
    assert.equal(6, step.attempts({ retries = 5 }, {}))
    assert.equal(1, step.attempts({}, {}))
  end)

  it("are spaced by doubling delays up to half a minute", function()
    assert.equal(1, step.delay(2, 1))
    assert.equal(2, step.delay(3, 1))
    assert.equal(30, step.delay(9, 1))
    assert.equal(0, step.delay(5, 0))
  end)
end)
