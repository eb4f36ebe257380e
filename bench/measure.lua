-- Timing of whole commands, in pairs: A B A B …, so that a ratio holds although the machine's speed drifts.
local loop = require "host.loop"
local process = require "host.process"

local M = {}

---@class Sample
---@field seconds number
---@field rss integer KiB, of the largest process
---@field cpu number user + system seconds

local function once(command, options)
  if command.before then command.before() end
  local started = loop.now()
  local cpu, rss = 0, 0
  for _ = 1, options.repeats or 1 do
    local r = assert(process.run { argv = command.argv, cwd = command.cwd, env = command.env, output = "null" })
    if r.code ~= 0 then error(("%s: exit %s %s"):format(command.name, r.code, r.signal or "")) end
    cpu, rss = cpu + (r.user_ms + r.sys_ms) / 1000, math.max(rss, r.max_rss_kib)
  end
  local n = options.repeats or 1
  return { seconds = (loop.now() - started) / n, cpu = cpu / n, rss = rss }
end

---@param values number[]
---@return number
function M.median(values)
  local v = table.move(values, 1, #values, 1, {})
  table.sort(v)
  local n = #v
  return n % 2 == 1 and v[n // 2 + 1] or (v[n // 2] + v[n // 2 + 1]) / 2
end

---Runs every command `runs` times in turn after one warm-up each; the first command is what the others are compared with.
---@param commands {name: string, argv: string[], cwd?: string, env?: table, before?: function}[]
---@param options? {runs?: integer, repeats?: integer}  repeats: executions per sample, for commands of a few milliseconds
---@return {name: string, seconds: number, ratio: number, rss: integer, cpu: number}[]
function M.compare(commands, options)
  options = options or {}
  local samples = {}
  for i, command in ipairs(commands) do
    samples[i] = {}
    once(command, options)
  end
  for run = 1, options.runs or 7 do
    for i, command in ipairs(commands) do samples[i][run] = once(command, options) end
  end
  local rows = {}
  for i, command in ipairs(commands) do
    local seconds, ratios, cpu, rss = {}, {}, {}, 0
    for run, s in ipairs(samples[i]) do
      seconds[run], cpu[run] = s.seconds, s.cpu
      ratios[run] = s.seconds / samples[1][run].seconds
      rss = math.max(rss, s.rss)
    end
    rows[i] = { name = command.name, seconds = M.median(seconds), ratio = M.median(ratios), rss = rss, cpu = M.median(cpu) }
  end
  return rows
end

---@param title string
---@param rows table[] as returned by compare
---@param aim? string
function M.report(title, rows, aim)
  print(("\n%s%s"):format(title, aim and ("  (aim: %s)"):format(aim) or ""))
  print(("  %-34s %10s %8s %10s %9s %9s"):format("", "median ms", "ratio", "cpu ms", "ratio", "peak MB"))
  for _, r in ipairs(rows) do
    local cpu = rows[1].cpu > 0 and r.cpu / rows[1].cpu or 0
    print(("  %-34s %10.2f %8.2f %10.1f %9.2f %9.1f"):format(r.name, r.seconds * 1000, r.ratio, r.cpu * 1000, cpu, r.rss / 1024))
  end
end

return M
