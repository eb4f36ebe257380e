local process = require "host.process"
local shellword = require "orun.util.shellword"

describe("words of a shell", function()
  it("are left alone when nothing in them needs quotes", function()
    for _, word in ipairs { "shop-20260601-0a1b2c", "api@dev.build", "out/p.yaml", "a:b,c=d" } do
      assert.equal(word, shellword.quote(word))
    end
  end)

  it("come through a shell as they were", function()
    for _, word in ipairs { "", "my run", "it's", "$HOME `x` \"y\"", "a;b", "*", "~", "ü" } do
      local result = assert(process.run { argv = { "sh", "-c", "printf %s " .. shellword.quote(word) } })
      assert.equal(word, result.output)
    end
  end)
end)
