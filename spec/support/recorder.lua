-- Tools that only write down how they are called, for specs of compositions whose tools are not installed here.
local fs = require "host.fs"
local path = require "orun.util.path"

local M = {}

-- Fields of a call end with US, calls with RS. The shell writes a whole record at once, so that those of a pipe do not mix.
local script = ([[
#!/bin/sh
tool=${0##*/}
record="$PWD<US>$tool"
for word; do record="$record<US>$word"; done
case "$tool $*" in "curl "*"--config -"*) record="$record<US>$(cat)" ;; esac
printf '%s' "$record<RS>" >> "$RECORD/$ORUN_JOB_ID"
case "$tool $*" in
  "curl "*"-w %{http_code}"* | "curl "*"--write-out %{http_code}"*) printf '%s' "${ANSWER-200}" ;;
  *) if [ -n "${FAILING-}" ] && printf '%s' "$tool $*" | grep -qE -- "$FAILING"; then exit 1; fi ;;
esac
]]):gsub("<US>", "\31"):gsub("<RS>", "\30")

---@class Recorder
---@field bin string directory of the tools
---@field record string directory of what they wrote, a file for each job
local Recorder = {}
Recorder.__index = Recorder

---@param dir string where to put them
---@param tools string[]
---@return Recorder
function M.new(dir, tools)
  local self = setmetatable({ bin = path.join(dir, "bin"), record = path.join(dir, "record") }, Recorder)
  assert(fs.mkdir(self.bin))
  for _, tool in ipairs(tools) do assert(fs.write(path.join(self.bin, tool), script, { mode = 493 })) end
  return self
end

---The environment of a run whose calls are recorded from its start. `ANSWER` is the status that an HTTP server gives, calls that the
---regular expression `FAILING` matches fail.
---@param extra table<string, string>
---@return table<string, string>
function Recorder:environment(extra)
  fs.remove_tree(self.record)
  assert(fs.mkdir(self.record))
  local env = { PATH = self.bin .. ":" .. os.getenv "PATH", RECORD = self.record }
  for name, text in next, extra do env[name] = text end
  return env
end

---@class RecordedCall
---@field directory string
---@field [integer] string the tool, its arguments, and what a program got to read that was told to

---@param job string id
---@return RecordedCall[] in order
function Recorder:calls(job)
  local calls = {}
  for record in (fs.read(path.join(self.record, job)) or ""):gmatch "([^\30]*)\30" do
    local call = {}
    for field in (record .. "\31"):gmatch "([^\31]*)\31" do
      if call.directory then call[#call + 1] = field else call.directory = field end
    end
    calls[#calls + 1] = call
  end
  return calls
end

return M
