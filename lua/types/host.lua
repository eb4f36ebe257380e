---@meta
-- The host modules: mechanisms written in C, loaded with `require "host.<name>"`.
-- This file is read by editors (LuaLS) and by people; it is never executed.
--
-- Conventions of every function below:
--   * a condition of the outside world (file missing, lock held) returns `nil, message, errno`
--     (message: strerror text with the path; errno: the symbolic name, e.g. "ENOENT");
--   * misuse (wrong argument type) raises a Lua error;
--   * times are seconds as floats unless the name says otherwise; sizes are bytes; modes are integers;
--   * "suspends" marks functions that give way to other tasks of the loop while they wait.

---------------------------------------------------------------------------------------------------
-- host.value: the value model shared by YAML, JSON and the sandbox.
-- Absent is nil. Maps are plain tables with string keys. Lists carry the list metatable.

---@class host.value
---@field null lightuserdata The null value; compare with `==`. It is truthy in Lua.
local value = {}

---@alias Value nil|boolean|integer|number|string|lightuserdata|table|Uint64|Time

---@class Uint64: userdata  Integer above 2^63-1. `tostring` gives decimal digits; compares with ==, <, <= among its kind.
---@class Time: userdata    Instant from YAML. `tostring` gives RFC 3339 (fraction trimmed, offset kept, `Z` for UTC).
local Time = {}
---Text form used by templates: `2024-01-02 00:00:00 +0000 UTC`.
---@return string
function Time:text() end
---@return integer seconds since the epoch
---@return integer nanoseconds
---@return integer offset of the written zone in seconds east of UTC
function Time:parts() end

---Marks a sequence as a list (in place) and returns it; without argument a new empty list.
---@param t? table
---@return table
function value.list(t) end
---@param v any
---@return boolean
function value.is_list(v) end
---@param digits string decimal digits, at most 18446744073709551615
---@return Uint64
function value.uint64(digits) end
---@param seconds integer within the years 0 to 9999
---@param nanoseconds? integer below 1000000000
---@param offset? integer seconds east of UTC, a day at most
---@return Time
function value.time(seconds, nanoseconds, offset) end
---Kind of a value: "nil" "null" "boolean" "integer" "float" "string" "list" "map" "uint64" "time" or "other".
---@param v any
---@return string
function value.kind(v) end
---Returns a function that gives a map a fixed key order for encoders: listed keys first, others sorted after them.
---The order travels as a metatable with the field `__keys`; nothing else about the table changes.
---@param keys string[]
---@return fun(t: table): table
function value.shape(keys) end
---Returns a function that makes a new map of those keys that its argument has, with this key order. What is empty ("", 0, a list or map
---without elements) is left out unless the key is required.
---@param keys string[]
---@param required table<string, boolean>
---@return fun(t: table): table
function value.form(keys, required) end
---Whether every key of a map is one of `kinds`, and its value what that says: "string" (not empty), "integer", or "flat" (a map that is
---not empty and holds no tables).
---@param t any
---@param kinds table<string, "string"|"integer"|"flat">
---@return boolean
function value.conforms(t, kinds) end
---A map of the same keys and values, with the same metatable (key order).
---@param t table
---@param room? integer keys that will be added
---@return table
function value.clone(t, room) end
---The key order attached to a map by `shape` or by an order-keeping decoder.
---@param t table
---@return string[]?
function value.keys(t) end
---Deep copy; lists stay lists, key orders are kept; cycles, and more than 1000 levels, are an error.
---@generic T
---@param v T
---@return T
function value.copy(v) end
---Deep equality by kind and content (1 and 1.0 differ; NaN equals nothing).
---@param a any
---@param b any
---@return boolean
function value.equal(a, b) end

---------------------------------------------------------------------------------------------------
-- host.json: RFC 8259 with the canonical form of plan.json.

---@class host.json
local json = {}
---Canonical text: keys sorted bytewise unless the map has a key order; `<` `>` `&` U+2028 U+2029 escaped as \u00xx; invalid
---UTF-8 bytes as \ufffd; floats in shortest round-trip digits; time as RFC 3339 string. Raises on non-finite numbers,
---non-string keys, functions, cycles (message names the path, e.g. `jobs[3].env.X`).
---@param v any
---@param options? {indent?: integer, html?: boolean}  indent 2 = one element per line (0 to 16, default 0: compact); html=false leaves < > & as they are
---@return string
function json.encode(v, options) end
---SHA-256 of the compact text of a value, without ever holding the whole of it. Raises what encode raises.
---@param v any
---@return string hex
function json.sha256(v) end
---SHA-256 of a JSON text without the blanks between its tokens and without the entries that `omit` names, as in json.draft. Of a text
---that encode wrote it is json.sha256 of the value without these entries.
---@param text string
---@param omit? table  of at most 64 keys, however deep
---@return string? hex  nil for a text that is no JSON
function json.digest(text, omit) end
---Whether encode writes a value rather than raise. Values of more than 500 levels are not looked at to their end: false.
---@param v any
---@return boolean
function json.encodable(v) end
---Writes a value with some of its entries left out of the digest: `omit` is a tree of keys, `["*"]` stands for every element of a
---list, and a leaf is true, or "late" for a text of which only the length is known so far. Raises what encode raises.
---@param v any
---@param options {indent?: integer, html?: boolean, omit?: table}
---@return JsonDraft
function json.draft(v, options) end
---@class JsonDraft
local JsonDraft = {}
---SHA-256 of the compact text without what was left out: json.sha256 of a value without those entries.
---@return string hex
function JsonDraft:sha256() end
---Puts the late texts in, once.
---@param late string[] in the order of the text; each as long as what stands for it, without characters that JSON escapes
---@return JsonDraft self
function JsonDraft:fill(late) end
---The whole text (`tostring` too); fs.write takes the draft itself, so that a large one need not become a string. Raises while late texts
---are missing.
---@return string
function JsonDraft:text() end
---`only` is a tree of the keys that are wanted, in which `["*"]` stands for every element of a list, and a leaf is true; what is left
---out is read past, but not without a check.
---@param text string
---@param options? {order?: boolean, name?: string, depth?: integer, only?: table}  order: keep key order (see value.keys); depth: nesting limit, default 512, at most 1000
---@return any value  null becomes value.null, arrays become lists, integers stay integers, above 2^63-1 uint64
---@return JsonError? err  when the first result is nil
function json.decode(text, options) end
---Reads objects written one a line, of which each ends in the CRC-32 of what stands before it (`…,"crc":"0123abcd"}`). The result is the
---step of a loop: `for next_at, record in json.records(), text, at do`, where next_at is the place of the next line, and record an
---object, false for a damaged line, nil for an empty one. A last line without newline is left alone.
---@param fields? string[] at most 64: only these are decoded, into the same table every time (a name written with escapes is none of them)
---@return fun(text: string, at: integer): integer?, (table|false)?
function json.records(fields) end
---@class JsonError
---@field message string
---@field line integer
---@field column integer

---------------------------------------------------------------------------------------------------
-- host.yaml: YAML documents as nodes with positions.
-- A node is an integer handle, valid for its document. Aliases are followed everywhere: a handle never denotes an alias.

---@class host.yaml
local yaml = {}
---Reads the first document of `bytes`; what follows it may be malformed, but not invalid UTF-8. An empty input gives a document whose
---root is a null scalar. A document has at most 500 levels, aliases expanded.
---@param bytes string
---@param name string file name for error messages
---@return YamlDocument?
---@return YamlError? err  syntax error, unknown alias, anchor inside itself, alias bomb, invalid UTF-8
function yaml.read(bytes, name) end
---Writes a value as block YAML: indent 4 with indented sequences, key order as in json.encode, strings that read as another type
---(also y n yes no on off) double-quoted, multi-line strings as literal blocks, strings that are no UTF-8 as !!binary (in keys such a byte
---becomes U+FFFD).
---@param v any
---@param options? {indent?: integer}
---@return string
function yaml.encode(v, options) end

---Kinds of plans for YamlDocument:decode, by name. `text`, `boolean`, `integer`, `any` and `any_map` (texts to free-form values) are plans;
---the others begin one: { list, of }, { map, of }, { present, of } (null is nil), { record, plans by key, open }, { scalar_or, of, make }
---(make(text, place) for a scalar) and { named, of, key } (a record with a text there).
---@type table<string, integer>
yaml.plan = {}

---@alias YamlPlan integer|any[] anything that is no plan fits no node

---@class YamlError
---@field kind "yaml"
---@field message string
---@field file string
---@field line integer 1-based
---@field column integer 1-based, in characters
---@field source? string text of the line
---@field hint? string

---@class YamlDocument: userdata
local YamlDocument = {}
---@return string name
function YamlDocument:name() end
---The source text of one line (for showing it below a message), or nil.
---@param line integer
---@return string?
function YamlDocument:source(line) end
---@return integer node
function YamlDocument:root() end
---The value of a node by a plan, when all of it is as planned; nothing when there is anything to say about it: another type, an unknown or
---doubled key, a merge, a tag on a text. Null is "" for a text, an empty map or record, and nil else; null elements are dropped.
---@param node integer
---@param plan YamlPlan
---@param place table metatable of the places: tables with `document` and `node`, which every record has as `place`
---@return any
function YamlDocument:decode(node, plan, place) end
---@param node integer
---@return "scalar"|"sequence"|"mapping"
function YamlDocument:kind(node) end
---Raw text of a scalar, as written (unescaped when quoted).
---@param node integer
---@return string?
function YamlDocument:text(node) end
---@param node integer
---@return "plain"|"single"|"double"|"literal"|"folded"
function YamlDocument:style(node) end
---Explicit tag (`!!binary` as "tag:yaml.org,2002:binary"), or nil.
---@param node integer
---@return string?
function YamlDocument:tag(node) end
---@param node integer
---@return integer line
---@return integer column
function YamlDocument:position(node) end
---Class of a scalar by the free-form rules: "null" "boolean" "integer" "float" "string" "uint64" "time".
---@param node integer
---@return string
function YamlDocument:class(node) end
---Free-form value of a node, with everything below it. Second result: error (duplicate key, bad merge, `.inf`/`.nan`).
---Nested keys that are not strings become their raw text.
---@param node integer
---@return any value
---@return YamlError? err
function YamlDocument:value(node) end
---Number of items or entries (before merges), 0 for a scalar.
---@param node integer
---@return integer
function YamlDocument:length(node) end
---Items of a sequence.
---@param node integer
---@return integer[] nodes
function YamlDocument:items(node) end
---Whether a node is a null scalar.
---@param node integer
---@return boolean
function YamlDocument:is_null(node) end
---The raw text of a scalar without tag that is not null; nil for everything else.
---@param node integer
---@return string?
function YamlDocument:plain_text(node) end
---Entries of a mapping, merge keys applied (explicit entries first in written order, then merged ones).
---@param node integer
---@return any[]? entries  one after the other: raw key text, value node, key node
---@return YamlError? err  duplicate key (both lines named), bad merge value
function YamlDocument:entries(node) end
---Value node of one key (merges applied), without checking the mapping for duplicates.
---@param node integer
---@param key string
---@return integer? value
---@return integer? key
function YamlDocument:get(node, key) end
---Follows keys and 1-based indices from the root: `doc:find("spec", "steps", 2, "run")`. Returns the deepest node that exists.
---@param ... string|integer
---@return integer value node
---@return boolean complete whether the whole path existed
---@return integer? key key node of the last followed key
function YamlDocument:find(...) end

---------------------------------------------------------------------------------------------------
-- host.loop: tasks on one event loop (libuv). Code is written in direct style; waiting functions suspend the running task,
-- also from inside of pcall, iterators, metamethods and to-be-closed variables. Where Lua cannot suspend (a sort or gsub callback, a
-- module being loaded, a finalizer, a coroutine that is no task) they raise an error that says so.

---@class host.loop
local loop = {}
---@class Task: userdata
local Task = {}
---Waits for the task's end (also of one that has ended); returns what its function returned, or raises its error. Suspends.
---@return any ...
function Task:wait() end
---Cancels what the task waits for: its current wait (else its next one) raises a cancellation (`{kind = "cancelled", message = reason}`),
---once, so that clean-up may wait; processes it started are ended (TERM to the group, KILL after their grace time).
---@param reason? string
function Task:cancel(reason) end
---@return "running"|"done"|"failed"
function Task:status() end
---Starts `fn(...)` as a task; it begins running at once, up to its first wait. A task belongs to the innermost open scope.
---An error in a task that nobody waits for is raised in the scope that owns it: the body's wait is cancelled for that. (A task that
---ends by a cancellation has no error.) The main function is the body of the outermost scope; tasks left at its end are cancelled.
---@param fn function
---@param ... any
---@return Task
function loop.spawn(fn, ...) end
---Runs `fn(...)`; returns when it and every task started in it have ended. If `fn` raises or the scope is cancelled, the tasks are
---cancelled, awaited, and the error is raised again. Suspends.
---@param fn function
---@param ... any
---@return any ...
function loop.scope(fn, ...) end
---Whether an error value is a cancellation.
---@param err any
---@return boolean
function loop.is_cancelled(err) end
---A string error with the traceback of the place where it was raised, also when it has passed through tasks and scopes since
---(those hand errors on unchanged); other values unchanged. For message handlers.
---@param err any
---@return any
function loop.traceback(err) end
---Runs `fn(...)` with cancellation held back until it returns (for clean-up that must wait). Suspends.
---@param fn function
---@param ... any
---@return any ...
function loop.shield(fn, ...) end
---@param seconds number
function loop.sleep(seconds) end
---Runs `fn(...)` with a deadline; raises `{kind = "timeout"}` when it is exceeded.
---@param seconds number
---@param fn function
---@param ... any
---@return any ...
function loop.timeout(seconds, fn, ...) end
---Monotonic clock.
---@return number seconds
function loop.now() end
---Wall clock.
---@return integer seconds
---@return integer nanoseconds
function loop.wall() end
---Wall clock as RFC 3339 UTC with milliseconds, e.g. `2026-01-31T08:00:00.123Z`.
---@return string
function loop.timestamp() end
---@class Queue: userdata
local Queue = {}
---Unbounded queue between tasks.
---@return Queue
function loop.queue() end
---Adds a value (any but nil) and wakes one waiting task.
---@param v any
function Queue:push(v) end
---Takes the oldest value; suspends while empty. With a timeout (seconds) returns nil when it passes.
---@param timeout? number
---@return any
function Queue:pop(timeout) end
---@return integer
function Queue:length() end
---@class Signals: userdata
local Signals = {}
---Catches signals from now on (names without "SIG": "INT", "TERM", "WINCH", "HUP"), instead of their default effect.
---@param names string[]
---@return Signals
function loop.signals(names) end
---Next caught signal. Suspends.
---@return string name
function Signals:wait() end
---Gives the signals their default effect back.
function Signals:close() end

---------------------------------------------------------------------------------------------------
-- host.process: children, each in its own process group, started by vfork semantics.

---@class host.process
local process = {}
---@class ProcessOptions
---@field argv string[]              argv[1] is searched in the PATH of `env` unless it contains a slash
---@field env? table<string,string>  the whole environment, or what is laid over `base`; default: that of orun
---@field base? ProcessEnvironment
---@field cwd? string
---@field view? View                 to start in (see host.overlay); needs cwd
---@field stdin? string|"inherit"|"open"  bytes that the child can read (from a file in memory); default /dev/null. "inherit" passes
---                                  orun's own; "open": nothing comes, and the end only when orun ends
---@field output? "log"|"capture"|"lines"|"inherit"|"null"|"file"  default "capture"; "file": the child appends to the file `log` by
---                                  itself, which is made at the start (for children that outlive orun; no mask)
---@field merge? boolean             stderr joins stdout in arrival order (default true); false keeps them apart (capture, lines)
---@field log? string                file for output = "log" or "lines": created at the first byte, parent directories too; truncated first
---@field line? fun(text: string, stream: "stdout"|"stderr")  called per line for output = "lines" (newline removed; lines over 64 KiB are
---                                  split); must not wait; its error ends the process and is raised by wait()
---@field mask? string[]             values replaced by *** in everything that leaves the pipe (also across read boundaries)
---@field filter? fun(line: string): string?  called for every line of output that begins with `prefix`, newline removed (lines over 64 KiB
---                                  pass); gives the line that takes its place, nil for none; what it gives is masked. Must not wait; its error
---                                  ends the process and is raised by wait()
---@field prefix? string             for `filter`
---@field seek? string[]             at most four texts of 1 to 16 bytes; the result says which of them were written to the log
---@field timeout? number            seconds; then TERM to the group, `grace`, KILL
---@field grace? number              seconds between TERM and KILL, default 5
---@field inherit? Claim[]           lock descriptors that the first process keeps open
---@field die_with_parent? boolean   default true: the first process gets KILL when orun dies
---@field session? boolean           a session of its own (setsid), so no terminal's signals reach it
---@field group? boolean             default true: own process group; false stays in orun's group (for programs that use the terminal)
---@field limit? integer             bytes kept by output = "capture" (default 64 MiB); more is counted and dropped

---@class ProcessResult
---@field code? integer     exit status, absent when ended by a signal
---@field signal? string    e.g. "KILL"
---@field timed_out boolean  the timeout passed before the first process ended
---@field ms integer        wall time in milliseconds
---@field user_ms integer
---@field sys_ms integer
---@field max_rss_kib integer
---@field output? string    captured bytes (stdout, or both when merged)
---@field errors? string    captured stderr when merge = false
---@field bytes integer     bytes that the child wrote
---@field log? string       the log's path, absent when nothing was written
---@field log_bytes? integer bytes in the log (masks change the number), with `log`
---@field found? table<string, true> those of `seek` that are in the log; absent when none is
---@field log_error? string why the log is incomplete or missing; the child was not disturbed
---@field held? boolean     processes that it left behind kept its output open for the whole grace time; its group was killed
---@field escaped? boolean  some of them are of another group: they live, and what they print is lost from here on
---@field truncated? boolean captured output exceeded `limit`

---@class ProcessEnvironment: userdata  variables that many children share; those of `env` are laid over them without a copy
---@param variables table<string,string>
---@return ProcessEnvironment
function process.environment(variables) end

---@class Process: userdata
local Process = {}
---Starts a child. Conditions (program or directory missing): nil, message, errno.
---@param options ProcessOptions
---@return Process?
---@return string? message
---@return string? errno
function process.start(options) end
---Starts and waits. Suspends.
---@param options ProcessOptions
---@return ProcessResult?
---@return string? message
---@return string? errno
function process.run(options) end
---@return integer
function Process:pid() end
---Start time of the first process in clock ticks since boot (field 22 of /proc/PID/stat), to recognise a reused pid. Costs nothing.
---@return integer?
function Process:start_ticks() end
---Waits for the end of the first process and of its output. Output that a surviving descendant holds open is awaited at most
---one grace time after the first process ended, then the group is killed. When orun asked for the end (timeout, cancellation), the rest of
---the group is awaited too, and killed after the grace time. Cancelling the wait does the same, and it raises when all is over. Suspends.
---@return ProcessResult
function Process:wait() end
---Sends a signal to the whole group.
---@param signal string e.g. "TERM"
---@return boolean
function Process:kill(signal) end
---More values to replace by *** in what follows, also when called from `filter` or `line`.
---@param values string[]
function Process:mask(values) end
---TERM to the whole group; what is left of it after the grace time gets KILL, and wait() ends when the group is gone.
function Process:terminate() end
---@return integer
function process.pid() end
---@param pid? integer default: orun itself
---@return integer? ticks nil when there is no such process
function process.start_ticks(pid) end
---Whether the process that had this pid and start time still exists (zombies do not count).
---@param pid integer
---@param ticks? integer
---@return boolean
function process.alive(pid, ticks) end
---@param pid integer negative: process group
---@param signal string
---@return boolean?
---@return string? message
---@return string? errno
function process.kill(pid, signal) end
---Whether orun ignores a signal, as it does when it was started so (`nohup`) and does not catch it.
---@param signal string
---@return boolean
function process.ignores(signal) end
---Whether children are watched by pidfds (default, where the system has them) or by SIGCHLD; for tests.
---@param use boolean
function process.use_pidfds(use) end
---@return table<string,string>
function process.environ() end
---Finds a program in a PATH.
---@param name string
---@param path? string default: PATH of orun
---@return string?
function process.which(name, path) end

---------------------------------------------------------------------------------------------------
-- host.fs

---@class host.fs
local fs = {}
---@class Stat
---@field type "file"|"directory"|"link"|"fifo"|"socket"|"device"
---@field size integer
---@field mode integer   permission bits
---@field mtime integer  seconds
---@field mtime_ns integer nanoseconds part
---@field inode integer
---@field device integer
---@param path string
---@param limit? integer bytes; a longer file is not read whole, the condition is EFBIG then
---@return string? bytes
---@return string? message
---@return string? errno
function fs.read(path, limit) end
---Writes a file so that a reader sees the old or the new content, never a part: temporary name in the same directory, fsync, rename,
---fsync of the directory. A symbolic link at `path` is replaced by the file; what it points to stays as it is. The mode is that of
---`options`, whatever an older file had.
---@param path string
---@param bytes string|JsonDraft
---@param options? {mode?: integer, sync?: boolean, through?: boolean}  mode default 0644 (less umask); sync=false skips both fsyncs (for
---  data that can be made again); through: when a link, a device or a pipe is at `path`, the bytes are written to what it leads to
---@return true?
---@return string? message
---@return string? errno
function fs.write(path, bytes, options) end
---@class Appender: userdata
local Appender = {}
---Opens a file for appending records (created if missing, mode 0644). If it ends inside a line, the first record starts a new one.
---@param path string
---@return Appender?
---@return string? message
---@return string? errno
function fs.appender(path) end
---Appends bytes with one write(2). A short write is nil, message, "ENOSPC"; the next record then starts on a new line.
---@param bytes string
---@return true?
---@return string? message
---@return string? errno
function Appender:append(bytes) end
---@return integer? bytes of the file now, whoever appended them
---@return string? message
---@return string? errno
function Appender:size() end
---fdatasync on a worker thread; suspends. With `now` = true it is done at once, blocking.
---@param now? boolean
---@return true?
---@return string? message
---@return string? errno
function Appender:sync(now) end
function Appender:close() end
---@class WalkEntry
---@field path string    relative to the root, `/`-joined
---@field type string    as in Stat
---@field size? integer  with options.stat
---@field mtime? integer seconds, with options.stat
---@field mtime_ns? integer nanoseconds part, with options.stat
---@class WalkOptions
---@field skip? string[]        directory names left out with all below them, at any depth
---@field skip_any? string[]    names left out whatever their type
---@field names? string[]       report only entries with these base names (all directories are still walked)
---@field stat? boolean         fill `size`, `mtime` and `mtime_ns` (default false: type only)
---All entries below a directory, sorted bytewise by whole path; links are reported and never followed.
---@param root string
---@param options? WalkOptions
---@return WalkEntry[]?
---@return string? message
---@return string? errno
function fs.walk(root, options) end
---Names in a directory, sorted bytewise, without `.` and `..`.
---@param path string
---@return string[]?
---@return string? message
---@return string? errno
function fs.list(path) end
---@param path string
---@param options? {follow?: boolean} default true
---@return Stat?
---@return string? message
---@return string? errno
function fs.stat(path, options) end
---Whether something is there; a link whose target is missing is not.
---@param path string
---@return boolean
function fs.exists(path) end
---Creates a directory with its parents (mode 0755 less umask); an existing one is fine.
---@param path string
---@return true?
---@return string? message
---@return string? errno
function fs.mkdir(path) end
---Makes a fresh directory named prefix + random text.
---@param prefix string
---@return string? path
---@return string? message
---@return string? errno
function fs.temporary(prefix) end
---Removes a file, a link or an empty directory.
---@param path string
---@return true?
---@return string? message
---@return string? errno
function fs.remove(path) end
---Removes a tree without following links; a missing one is fine. Directories without write permission are made writable first.
---@param path string
---@param options? {background?: boolean}  background: on a worker thread; suspends
---@return true?
---@return string? message
---@return string? errno
function fs.remove_tree(path) end
---@param from string
---@param to string
---@return true?
---@return string? message
---@return string? errno
function fs.rename(from, to) end
---Makes or replaces (atomically) a symbolic link; anything else at `path` stays and is an error ("EEXIST").
---@param target string
---@param path string
---@return true?
---@return string? message
---@return string? errno
function fs.symlink(target, path) end
---@param path string
---@return string?
---@return string? message
---@return string? errno
function fs.readlink(path) end
---@param path string
---@return string?
---@return string? message
---@return string? errno
function fs.realpath(path) end
---@return string?
---@return string? message
---@return string? errno "ENOENT" when the directory has been removed
function fs.cwd() end
---@param path string
---@param mode integer
---@return true?
---@return string? message
---@return string? errno
function fs.chmod(path, mode) end
---Copies a tree: directories 0755, links as they are, regular files by reflink (FICLONE) or bytes, permission bits kept; sockets, pipes
---and devices left out. Modes are subject to the umask. On failure nothing stays at `to`; `to` may lie inside `from`.
---@param from string
---@param to string must not exist; its parent must
---@param options? {skip?: string[], skip_any?: string[], leave_out?: string[], background?: boolean}  leave_out: relative paths;
---background: on a worker thread; suspends
---@return {files: integer, reflinks: integer, bytes: integer}?
---@return string? message
---@return string? errno
function fs.clone_tree(from, to, options) end

---Paths below a directory, relative and sorted, that a copy leaves out: directories of certain names, anything of certain names, and
---sockets, pipes and devices. Nothing is looked for below them, nor in directories that may not be read.
---@param root string
---@param options {directories?: string[], any?: string[], skip_any?: string[], leave_out?: string[]}  skip_any: names not even looked at;
---leave_out: likewise relative paths
---@return string[]?
---@return string? message
---@return string? errno
function fs.exclusions(root, options) end

---------------------------------------------------------------------------------------------------
-- host.overlay: directories that programs may change without changing them. An overlay is mounted in a mount namespace of its own, which
-- ends with the last process and the last handle that has it; nothing is ever mounted where others see it. Linux 5.11 or later without
-- privileges.

---@class host.overlay
local overlay = {}
---@class View: userdata  A mount namespace; closed by close(), `<close>` or the collector.
local View = {}
---A namespace to make views from. At `mask` (an empty directory) it has an empty file system, to be filled by `mask`.
---@param mask string
---@param user boolean with a user namespace, which needs no privilege; programs in it cannot change their user
---@return View?
---@return string? message
---@return string? errno
function overlay.base(mask, user) end
---@class OverlayOptions
---@field base View
---@field lower string   absolute path without links: what is shown, and where
---@field mask? string   path of the base's mask, laid over it
---@field upper string   directory that receives what is written; made by `mirror`
---@field work string    empty directory on the file system of upper
---@field keep? string   directory below lower that is shown as it is, and changed
---Suspends.
---@param options OverlayOptions
---@return View?
---@return string? message
---@return string? errno
function overlay.open(options) end
---Path that leads into the view from outside, while it is open: to what is mounted there.
---@return string
function View:root() end
function View:close() end
---Closes it without keeping other tasks waiting: the end of a mount namespace takes the kernel its time. Suspends.
function View:finish() end
---Makes a directory with the mode, the owner (as root) and the time of another one.
---@param from string
---@param to string must not exist
---@return true?
---@return string? message
---@return string? errno
function overlay.mirror(from, to) end
---Fills a directory with whiteouts, which hide what is at these paths, and with what directories they need.
---@param from string  the directory in which things are hidden
---@param to string    empty directory to be laid over it
---@param paths string[] relative, sorted
---@return true?
---@return string? message
---@return string? errno
function overlay.mask(from, to, paths) end
---Takes the marks of an overlay off a file of its upper directory.
---@param path string
---@return true
function overlay.strip(path) end
---@param path string
---@return string? name "ext4", "overlayfs", …, or its number
---@return string? message
---@return string? errno
function overlay.file_system(path) end

---------------------------------------------------------------------------------------------------
-- host.watch: inotify

---@class host.watch
local watch = {}
---@class Watch: userdata
local Watch = {}
---@return Watch?
---@return string? message
---@return string? errno
function watch.open() end
---Watches a file or directory for changes (modify, create, delete, rename).
---@param path string
---@return integer? id
---@return string? message
---@return string? errno
function Watch:add(path) end
---@param id integer
function Watch:remove(id) end
---Waits for the next change; nil after `timeout` seconds. Suspends.
---@param timeout? number
---@return {id: integer, name: string?, what: "modify"|"create"|"delete"|"overflow"}?
function Watch:wait(timeout) end
function Watch:close() end

---------------------------------------------------------------------------------------------------
-- host.lock: advisory locks between processes. Descriptors are close-on-exec unless passed on by process.start{inherit=}.

---@class host.lock
local lock = {}
---@class Claim: userdata  A held lock; released by release(), by `<close>`, by the collector or by the end of every process that has it.
local Claim = {}
---Exclusive flock on a file (created with mode 0600). A held lock gives nil, message, "EWOULDBLOCK"; with `wait` and a timeout that
---passes "ETIMEDOUT".
---@param path string
---@param options? {wait?: boolean, timeout?: number}  wait: inside the loop (suspends); timeout in seconds
---@return Claim?
---@return string? message
---@return string? errno
function lock.file(path, options) end
---Exclusive OFD lock (F_OFD_SETLK) on one byte of a file, on a descriptor of its own.
---@param path string
---@param offset integer
---@param options? {wait?: boolean, timeout?: number}
---@return Claim?
---@return string? message
---@return string? errno
function lock.byte(path, offset, options) end
---Whether somebody (another descriptor) holds that byte.
---@param path string
---@param offset integer
---@return boolean
function lock.held(path, offset) end
---A file that is locked (flock) again and again by the methods below, without being opened each time.
---@param path string created when missing
---@return LockFile?
---@return string? message
---@return string? errno
function lock.open(path) end
---@class LockFile: Claim
local LockFile = {}
---Suspends with `wait`. Tasks of one process do not exclude each other: nobody must wait for anything while it is locked.
---@param options? {wait?: boolean, timeout?: number}
---@return LockFile?
---@return string? message
---@return string? errno
function LockFile:lock(options) end
function LockFile:unlock() end
---Whether somebody holds that byte of it (`lock.byte`).
---@param offset integer
---@return boolean
function LockFile:held(offset) end
function Claim:release() end
---Gives up our part of the lock only: it stays held while a process that was started with it in `inherit` lives.
function Claim:leave() end

---------------------------------------------------------------------------------------------------
-- host.hash

---@class host.hash
local hash = {}
---@param bytes string
---@return string hex 64 lower-case digits
function hash.sha256(bytes) end
---@param path string
---@return string? hex
---@return string? message
---@return string? errno
function hash.sha256_file(path) end
---SHA-256 over every regular file of a tree, ordered bytewise by whole relative path: path, "\n", bytes, "\n". A symbolic link is an
---error (errno "ELOOP", message names it).
---@param root string
---@param options? {skip?: string[], skip_any?: string[], prefix?: string}  skip: directory names left out; skip_any: names left out
--- whatever their type; prefix: bytes hashed first
---@return string? hex
---@return string? message
---@return string? errno
function hash.sha256_tree(root, options) end
---@class Hasher: userdata
local Hasher = {}
---@return Hasher
function hash.new() end
---@param bytes string
---@return Hasher self
function Hasher:update(bytes) end
---Adds a tree as sha256_tree would hash it.
---@param root string
---@param options? {skip?: string[], skip_any?: string[], prefix?: string}
---@return Hasher? self
---@return string? message
---@return string? errno
function Hasher:tree(root, options) end
---The digest so far; more may follow.
---@return string hex
function Hasher:hex() end
---@param key string
---@param bytes string
---@return string raw 32 bytes
function hash.hmac_sha256(key, bytes) end
---@param n integer
---@return string raw
function hash.random(n) end
---@param raw string
---@return string
function hash.hex(raw) end
---@param raw string
---@return string without padding
function hash.base64url(raw) end
---@param text string
---@return string? raw nil when malformed
function hash.base64url_decode(text) end
---CRC-32 (IEEE 802.3, as in gzip).
---@param bytes string
---@return string hex 8 lower-case digits
function hash.crc32(bytes) end

---------------------------------------------------------------------------------------------------
-- host.dag: dependency graphs; the scheduler's core. All operations are O(V + E) or O(log V) per event.

---@class host.dag
local dag = {}
---@class Dag: userdata
local Dag = {}
---@return Dag
function dag.new() end
---Adds a node (once; a second add raises).
---@param id string
---@param group? string nodes of one group share the group cap of a queue; no cap of groups concerns a node without one
---@param rank? number  higher starts earlier; equal ranks by id bytewise
function Dag:add(id, group, rank) end
---`id` needs `on` to be done first. Unknown ids: false, the unknown id. Duplicates are kept once.
---@param id string
---@param on string
---@return boolean
---@return string? unknown
function Dag:depend(id, on) end
---@return integer
function Dag:size() end
---Kahn's algorithm, always the bytewise smallest ready id.
---@return string[]? ids
---@return string[]? cycle `{a, b, a}`: a needs b, b needs a; the cycle found from the smallest id, starting at its smallest member
function Dag:order() end
---Ranks every node by the heaviest path that begins at it; nodes of a cycle, and what needs them, keep theirs.
---@param weights table<string, number> not negative; those that are missing count as 0
function Dag:weigh(weights) end
---@param id string
---@return string[] sorted
function Dag:dependencies(id) end
---@param id string
---@return string[] sorted
function Dag:dependents(id) end
---@class ReadyQueue: userdata
local ReadyQueue = {}
---A queue over the graph as it is now (later changes to the graph do not count).
---@param options {concurrency: integer, groups?: integer}  most nodes running; most groups open at once (nil or 0: no cap)
---@return ReadyQueue
function Dag:queue(options) end
---Next node that may start now: dependencies done, a slot free, its group open or openable. nil when none.
---A group is open while one of its nodes runs.
---@return string? id
function ReadyQueue:take() end
---The node ended. With ok = false every node that needs it (directly or not) is blocked for good.
---@param id string
---@param ok boolean
---@return string[] blocked  nodes blocked by this call, sorted
function ReadyQueue:finish(id, ok) end
---The pending or ready node is done without running (cached); a failure before it no longer reaches what needs it.
---@param id string
function ReadyQueue:skip(id) end
---The running node turns out to be somebody else's work: its slot is given back, and it is awaited until `finish` or `retry`.
---@param id string
function ReadyQueue:defer(id) end
---The deferred node is ready again.
---@param id string
function ReadyQueue:retry(id) end
---@return {pending: integer, ready: integer, running: integer, deferred: integer, done: integer, failed: integer, blocked: integer}
function ReadyQueue:counts() end
---@param id string
---@return "pending"|"ready"|"running"|"deferred"|"done"|"failed"|"blocked"
function ReadyQueue:state(id) end

---------------------------------------------------------------------------------------------------
-- host.program: facts fixed when the program was compiled

---@class host.program
---@field version string
---@field system_path string   where the system's Lua looks for modules written in Lua (the form of package.path)
---@field system_cpath string  and for modules written in C

---------------------------------------------------------------------------------------------------
-- host.system

---@class host.system
local system = {}
---@return string
function system.hostname() end
---Login name of the effective user, "" when it has none.
---@return string
function system.user() end
---@return integer processors available
function system.cpus() end
---@return integer descriptors that this process may have open at once (the soft limit)
function system.open_files() end
---@return {exe: string, share: string}  real path of the program; folder that holds lua/
function system.paths() end
---@param name string
---@param text? string nil removes it
function system.setenv(name, text) end

---------------------------------------------------------------------------------------------------
-- host.git (loadable; libgit2)

---@class host.git
local git = {}
---@class Repository: userdata
local Repository = {}
---Opens the repository that contains the directory `path`. errno: "ENOENT" there is none; "EOWNER" it belongs to another user and is
---not in safe.directory (the message says what to do); "ENOTSUP" libgit2 cannot read it (SHA-256, unknown extension): ask the git
---program; "EGIT" anything else. GIT_CEILING_DIRECTORIES counts, GIT_DIR does not.
---@param path string
---@return Repository?
---@return string? message
---@return string? errno
function git.open(path) end
---@return string? top level directory, nil for a bare repository
function Repository:root() end
---@return string? id 40 hex digits; nil before the first commit
---@return string? branch short name, nil when detached
---@return string? message a broken HEAD: nil, nil, message, errno
---@return string? errno
function Repository:head() end
---Whether tracked files differ from HEAD or the index, or untracked files that are not ignored exist.
---nil, message, "ENOTSUP" where libgit2 cannot tell (sparse checkout, a change that only a content filter such as git-lfs could
---judge): ask the git program. A bare repository is "EGIT".
---@return boolean?
---@return string? message or, with true, one of those files, relative to the top level directory
---@return string? errno
function Repository:dirty() end
---@param name? string default "origin"
---@return string? url
function Repository:remote(name) end
function Repository:close() end

---------------------------------------------------------------------------------------------------
-- host.archive (loadable; libarchive): tar.gz in memory

---@class host.archive
local archive = {}
---@class ArchiveEntry
---@field path string relative, `/`-joined
---@field bytes string
---@field executable? boolean mode 0755 instead of 0644
---An archive of regular files in the given order: ustar (extended headers for long or non-ASCII names), owner 0, gzip header without
---time. The same entries give the same bytes.
---@param entries ArchiveEntry[]
---@param mtime? integer seconds, of every entry; default 0
---@return string? bytes
---@return string? message
---@return string? errno
function archive.create(entries, mtime) end
---Unpacks a tar.gz into a directory. Names are cleaned and a leading slash is dropped; permission bits are kept (0: 0644; the owner may
---always read), directories are 0755, both less umask. What was unpacked before a failure stays. errno: "EESCAPE" a name leads out of the
---directory; "ELINK" a symbolic or hard link; "ETYPE" a device or pipe; "EEXIST" a name occurs twice or is there already; "EFBIG" over a
---limit; "EFORMAT" no tar.gz, or damaged. Messages begin with the entry's name where there is one, without control characters.
---@param bytes string
---@param directory string
---@param limits {entries: integer, bytes: integer} most entries; most unpacked bytes
---@return {files: integer, directories: integer, bytes: integer}?
---@return string? message
---@return string? errno
function archive.extract(bytes, directory, limits) end

---------------------------------------------------------------------------------------------------
-- host.term (loadable)

---@class host.term
local term = {}
---@param fd integer
---@return boolean
function term.isatty(fd) end
---@param fd integer
---@return integer? columns
---@return integer? rows
function term.size(fd) end
---Stops this process, as Ctrl-Z would; returns when it goes on.
function term.suspend() end
---@class Keys: userdata
local Keys = {}
---Takes the keys of a terminal: each is read at once and none is shown, until this is closed. Keys that send signals (Ctrl-C) still do.
---errno: "EBACKGROUND" another process group has the terminal.
---@param fd integer
---@return Keys?
---@return string? message
---@return string? errno
function term.keys(fd) end
---Waits for a key. Suspends.
---@return string? bytes at most 64 at once; nil: the terminal is gone
function Keys:read() end
---Gives the terminal back and stops this process, as Ctrl-Z would; takes the keys again when it goes on in the foreground.
function Keys:suspend() end
---Puts the terminal back as it was.
function Keys:close() end

---------------------------------------------------------------------------------------------------
-- host.regex (loadable; PCRE2)

---@class host.regex
local regex = {}
---@class Regex: userdata
local Regex = {}
---Compiles a pattern: UTF-8, `$` only at the very end, `\u` escapes as in ECMA-262.
---@param pattern string
---@return Regex?
---@return string? message
---@return integer? offset of the mistake in bytes
function regex.compile(pattern) end
---Whether the pattern matches anywhere. nil, message when the work exceeds the limit or the subject is not UTF-8.
---@param subject string
---@return boolean?
---@return string? message
function Regex:test(subject) end

---------------------------------------------------------------------------------------------------
-- host.sandbox: Lua states for code that nobody vouches for (orun.sandbox is what to use).

---@class host.sandbox
local sandbox = {}

---A state of its own, with its own heap and budget of work. Values cross by copy, functions leave it as handles.
---@class SandboxState: userdata
local SandboxState = {}

---@class SandboxFunction: userdata  A function inside; only `call` of its own sandbox can use it.

---What went wrong inside. One of `limit`, `unfit` (the result cannot cross; `way` is the JSON pointer to what cannot), `failure` (the
---raised table, whose metatable has `__failure`) and `message` (with `frames`, innermost first).
---@class SandboxTrouble
---@field limit? "memory"|"memory-hard"|"instructions"|"output"|"string"|"weak"
---@field file? string chunk name of where a limit was hit
---@field line? integer
---@field unfit? string
---@field way? string
---@field failure? table
---@field message? string
---@field frames? {file: string, known: boolean, shown: string, line: integer, name: string?}[] known: a file, no `load`

---@param options {memory: integer, instructions: integer, output: integer, print?: fun(text: string)}
---@return SandboxState
function sandbox.open(options) end
---@param f SandboxFunction
---@return string? file chunk name
---@return integer? line of its definition, 0 for a whole file
function sandbox.place(f) end
---@param v any
---@return boolean
function sandbox.is_function(v) end

---Runs a trusted text inside. It gets a table of tools: `list`, `kind`, `null`, `freeze` (a table of functions becomes read-only),
---`delegate` (a function that keeps the line of a tail call), `place` (innermost line of a file), `compile` (text, name), `library` (what
---stands behind the globals of every file) and `host` (the given functions). It returns the function that `enter` calls.
---@param text string
---@param name string chunk name, with "="
---@param functions table<string, function> of the host; they may return two values and may not suspend
---@return true?
---@return SandboxTrouble?
function SandboxState:prelude(text, name, functions) end
---@param ... Value
---@return Value? result with handles for its functions
---@return SandboxTrouble?
function SandboxState:enter(...) end
---@param f SandboxFunction
---@param ... Value read-only inside
---@return Value? result
---@return SandboxTrouble?
function SandboxState:call(f, ...) end
---@return integer bytes in use
function SandboxState:used() end
function SandboxState:close() end
