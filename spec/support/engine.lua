-- A container engine of the spec's own: dockerd with its own data and socket, and a tiny image. Needs root, docker.io and
-- busybox-static; where it does not start, `start` says why.
local fs = require "host.fs"
local loop = require "host.loop"
local process = require "host.process"

local M = {}

local applets = "sh ls cat sleep id env kill ps mkdir rm touch find chown stat echo test head tail seq date setsid sort wc trap"

local function sh(script, env)
  local result = assert(process.run { argv = { "sh", "-ec", script }, env = env })
  return result.code == 0, result.output
end

local function missing()
  for _, name in ipairs { "dockerd", "docker", "busybox" } do
    if not process.which(name) and not (name == "dockerd" and fs.exists "/usr/sbin/dockerd") then return name .. " is not installed" end
  end
  if not (fs.read "/proc/self/status"):find "Uid:%s+0%s" then return "it needs root" end
end

---@class SpecEngine
---@field env table<string, string> to be laid over an environment, so that `docker` finds it
---@field image string
local Engine = {}
Engine.__index = Engine

---@return SpecEngine?
---@return string? reason
function M.start()
  local reason = missing()
  if reason then return nil, reason end
  local dir = assert(fs.temporary("/tmp/orun-engine-"))
  local host = "unix://" .. dir .. "/socket"
  local self = setmetatable({ dir = dir, image = "orun-tiny:1", env = { DOCKER_HOST = host, DOCKER_CONFIG = dir } }, Engine)
  self.daemon = process.start {
    argv = {
      process.which "dockerd" or "/usr/sbin/dockerd", "--storage-driver=vfs", "--iptables=false", "--ip6tables=false", "--bridge=none",
      "--data-root=" .. dir .. "/data", "--exec-root=" .. dir .. "/exec", "--pidfile=" .. dir .. "/pid", "--host=" .. host,
    },
    output = "file", log = dir .. "/log",
  }
  local ready, said
  for _ = 1, 300 do
    ready, said = sh("docker version >/dev/null 2>&1", self:environment())
    if ready or not process.alive(self.daemon:pid()) then break end
    loop.sleep(0.1)
  end
  if ready then ready, said = self:make_image() end
  if ready then return self end
  said = (fs.read(dir .. "/log") or ""):match "([^\n]*)\n$" or said
  self:stop()
  return nil, "dockerd does not run here: " .. (said or "")
end

---@param extra? table<string, string>
---@return table<string, string>
function Engine:environment(extra)
  local env = process.environ()
  for _, layer in ipairs { self.env, extra or {} } do
    for name, text in next, layer do env[name] = text end
  end
  return env
end

function Engine:make_image()
  return sh(([[
    cd %s; mkdir -p root/bin root/tmp root/etc; chmod 1777 root/tmp; cp "$(command -v busybox)" root/bin/busybox
    for name in %s; do ln -s busybox root/bin/$name; done; echo 'user:x:1000:1000::/tmp:/bin/sh' > root/etc/passwd
    tar -C root -c . | docker import -c 'ENV FROM_IMAGE=yes' - %s; rm -r root]]):format(self.dir, applets, self.image), self:environment())
end

---What a docker command prints.
---@param words string
---@return string
function Engine:docker(words)
  local _, output = sh("docker " .. words .. " 2>&1", self:environment())
  return output
end

function Engine:stop()
  if self.daemon then
    self.daemon:terminate()
    self.daemon:wait()
  end
  sh(("umount %s/exec/netns/* %s/data/* 2>/dev/null; true"):format(self.dir, self.dir))
  fs.remove_tree(self.dir)
end

return M
