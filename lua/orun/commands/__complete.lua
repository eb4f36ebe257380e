-- `orun __complete`: what the completion scripts ask. Answers one candidate a line (value, tab, description), then a line
-- `:files` where file names are welcome, `:words` where they are not.
local function one_line(text)
  return (text:gsub("%s+", " "))
end

return {
  summary = "Candidates for shell completion",
  usage = "--line TEXT | -- WORD...",
  flags = { { name = "line", value = "TEXT", help = "the command line up to the cursor, program name first" } },
  args = { { name = "word", optional = true, repeatable = true } },

  run = function(ctx, args)
    local completion = require "orun.cli.completion"
    local words = args.word
    if ctx.flags.line then
      words = completion.split(ctx.flags.line)
      table.remove(words, 1)
    end
    local found = completion.complete(words)
    for _, item in ipairs(found.candidates) do
      ctx:print(item[2] and item[2] ~= "" and item[1] .. "\t" .. one_line(item[2]) or item[1])
    end
    ctx:print(found.files and ":files" or ":words")
  end,
}
