-- Busted output: one character per spec, then failures and what was left out with its reason, then one line
-- `N passed, N failed` (`, N skipped` when something was left out).
return function(options)
  local busted = require "busted"
  local handler = require "busted.outputHandlers.base"()
  local marks = { success = "+", failure = "-", error = "*", pending = "." }

  local function describe(kind, item)
    local trace = item.trace or item.element and item.element.trace or {}
    local message = item.message
    if type(message) == "table" then
      message = message.message or (getmetatable(message) or {}).__tostring and tostring(message)
        or require("pl.pretty").write(message)
    end
    io.write(("\n%s: %s\n  %s:%s\n  %s\n"):format(kind, item.name or "?", trace.short_src or "?", trace.currentline or "?",
      (tostring(message or ""):gsub("\n", "\n  "))))
    if options.verbose and trace.traceback then io.write(trace.traceback, "\n") end
  end

  handler.testEnd = function(_, _, status)
    if not options.deferPrint then
      io.write(marks[status] or "?")
      io.flush()
    end
    return nil, true
  end

  handler.suiteEnd = function()
    io.write("\n")
    for _, item in ipairs(handler.pendings) do describe("SKIPPED", item) end
    for _, item in ipairs(handler.failures) do describe("FAILED", item) end
    for _, item in ipairs(handler.errors) do describe("ERROR", item) end
    local skipped = handler.pendingsCount
    io.write(("\n%d passed, %d failed%s\n"):format(handler.successesCount, handler.failuresCount + handler.errorsCount,
      skipped > 0 and (", %d skipped"):format(skipped) or ""))
    io.flush()
    return nil, true
  end

  busted.subscribe({ "test", "end" }, handler.testEnd, { predicate = handler.cancelOnPending })
  busted.subscribe({ "suite", "end" }, handler.suiteEnd)
  return handler
end
