---@meta orun
-- What `require "orun"` gives a composition, a policy rule or a trigger provider. Read by editors that speak LuaLS; never executed.
-- A .luarc.json at the root of a package turns it on:
--   { "runtime": { "version": "Lua 5.4" }, "workspace": { "library": ["<prefix>/share/orun/lua/types"] } }

---@class orun
---@field null any the null of YAML and JSON; compare with `==`
---@field version string of the program
---@field schema orun.SchemaBuilders
local orun = {}

-- Compositions --------------------------------------------------------------------------------------------------------------------

---@class orun.CompositionSpec
---@field type string                    the component type; must be the name of the file or of its directory
---@field description? string
---@field parameters? orun.Schema        of the component's parameters
---@field defaultJob string              the job that runs when there are no profiles
---@field defaultProfile? string         needed with profiles, unless every subscription names one
---@field jobs orun.Job[]
---@field profiles? table<string, orun.Profile>

---@class orun.Job
---@field name string
---@field description? string
---@field runsOn? string|fun(ctx: orun.Context): string?
---@field timeout? string|fun(ctx: orun.Context): string?     such as "90s" or "1h30m"
---@field retries? integer
---@field labels? table<string, string>|fun(ctx: orun.Context): table<string, string>?
---@field env? table<string, string>|fun(ctx: orun.Context): table<string, string>?
---@field capabilities? string[]         for listings
---@field dependsOn? string[]            names of jobs of the same component
---@field outputs? string[]|fun(ctx: orun.Context): string[]? globs relative to the component, for the jobs that depend on this one
---@field steps orun.Step[]|fun(ctx: orun.Context): orun.Step[]

---A step runs a command or uses an action. Texts are final; only `orun.template` applies the template engine.
---@class orun.Step
---@field id? string                     what profiles and logs know it by
---@field name? string                   what overrides of components know it by
---@field capability? string             profiles choose steps by it; a step without one is always kept
---@field phase? "pre"|"main"|"post"     post steps run after a failure too
---@field order? integer                 within the phase; default 0
---@field run? string|orun.Template
---@field use? string|orun.Template      an action, `owner/name@ref`
---@field with? table<string, any>       inputs of the action
---@field env? table<string, string|orun.Template>
---@field shell? string|orun.Template    default `sh -c`
---@field ["working-directory"]? string|orun.Template
---@field timeout? string
---@field retry? integer                 further attempts
---@field onFailure? "continue"|"stop"

---@class orun.Profile
---@field description? string
---@field policies? table<string, any>
---@field jobs table<string, orun.ProfileJob>  jobs that are not named do not run

---Neither list: every step of the job.
---@class orun.ProfileJob
---@field includeCapabilities? string[]  keeps steps of these capabilities, and those without any
---@field stepsEnabled? string[]         keeps steps by id, when no capabilities are listed
---@field stepOverrides? table<string, {run?: string, with?: table, env?: table<string, string>}>  by id

---What a function of a job is told: what the root of templates holds, and more. It is read-only. A domain or a profile that there is not
---is "".
---@class orun.Context
---@field parameters table<string, any>  merged, with the defaults of the schema
---@field env table<string, string>      merged
---@field labels table<string, string>   of the component
---@field dependencies string[]          names of the components that this one depends on
---@field trigger? orun.Trigger          when a trigger started the plan
---@field component {name: string, type: string, domain: string, path: string}
---@field environment {name: string}
---@field composition {type: string}
---@field profile {name: string}
---@field job {id: string, name: string}
---@field orun {component: table, environment: table, composition: table, profile: table, job: table}  the same five, as templates name them

---What started the plan, as metadata.trigger of the plan has it.
---@class orun.Trigger
---@field mode "named-trigger"|"event-file"
---@field provider? string
---@field event? string
---@field action? string
---@field matchedBindings string[]       names of trigger bindings
---@field activeEnvironments string[]
---@field scope "full"|"changed"
---@field base? string                   commit before
---@field head? string                   commit after

---What a composition file returns.
---@param spec orun.CompositionSpec
---@return table
function orun.composition(spec) end

---A step that runs a command.
---@param step orun.Step|string a text is its `run`
---@return orun.Step
function orun.run(step) end

---A step that uses an action.
---@param step orun.Step|string a text is its `use`
---@return orun.Step
function orun.use(step) end

---One list of steps from steps and lists of steps; nil and false are left out, so a condition can be written in place.
---@param ... orun.Step|orun.Step[]|false|nil
---@return orun.Step[]
function orun.steps(...) end

---A command. The format is taken as it is; every `%s`, `%d`, ... becomes one quoted word, a list as many words as it has items.
---
---    orun.sh("make -j%d %s", 4, { "all", "check" })   --> make -j4 all check
---@param format string
---@param ... string|number|boolean|table
---@return string
function orun.sh(format, ...) end

---One word of a POSIX shell, quoted where it has to be.
---@param v any
---@return string
function orun.quote(v) end

---@class orun.Template

---A text to which the template language of YAML compositions is applied, for example `{{ .orun.job.id }}`. At most 256 KiB; one that is
---no template raises an error where it stands.
---@param text string
---@return orun.Template|string
function orun.template(text) end

---A new map of several: later ones win, maps in them are merged likewise, lists and everything else are replaced. At most 60
---maps inside each other.
---@param ... table?
---@return table
function orun.merge(...) end

---A list, which an empty table does not show to be.
---@generic T
---@param items? T[]
---@return T[]
function orun.list(items) end

---Ends with an error for the user of the composition, policy or trigger.
---@param message string
---@param options? {path?: string, hint?: string} path: JSON pointer to what is wrong; in a function of ctx into the component, such as
---"/parameters/port" or "/labels", where the message then points
function orun.fail(message, options) end

-- Schemas -------------------------------------------------------------------------------------------------------------------------

---A JSON Schema; the builders return plain tables, and every keyword of JSON Schema can be added.
---@class orun.Schema
---@field type? string|string[]
---@field required? boolean|string[]     true on a property of `schema.object`: it must be set on the component itself
---@field default? any
---@field description? string
---@field enum? any[]
---@field pattern? string                regular expression (PCRE2), not anchored
---@field minLength? integer
---@field maxLength? integer
---@field minimum? number
---@field maximum? number
---@field minItems? integer
---@field maxItems? integer
---@field uniqueItems? boolean
---@field format? string
---@field additionalProperties? boolean|orun.Schema

---@class orun.SchemaBuilders
local schema = {}

---@param keywords? orun.Schema
---@return orun.Schema
function schema.string(keywords) end
---@param keywords? orun.Schema
---@return orun.Schema
function schema.integer(keywords) end
---@param keywords? orun.Schema
---@return orun.Schema
function schema.number(keywords) end
---@param keywords? orun.Schema
---@return orun.Schema
function schema.boolean(keywords) end
---@param keywords? orun.Schema
---@return orun.Schema
function schema.any(keywords) end
---One of several values: `schema.enum { "a", "b", default = "a" }`.
---@param values table
---@return orun.Schema
function schema.enum(values) end
---@param v any
---@param keywords? orun.Schema
---@return orun.Schema
function schema.const(v, keywords) end
---@param items? orun.Schema
---@param keywords? orun.Schema
---@return orun.Schema
function schema.array(items, keywords) end
---A map of any keys.
---@param values? orun.Schema
---@param keywords? orun.Schema
---@return orun.Schema
function schema.map(values, keywords) end
---@param properties? table<string, orun.Schema>
---@param keywords? orun.Schema `additionalProperties = false` refuses misspelt names
---@return orun.Schema
function schema.object(properties, keywords) end
---@param schemas orun.Schema[]
---@param keywords? orun.Schema
---@return orun.Schema
function schema.oneOf(schemas, keywords) end
---@param schemas orun.Schema[]
---@param keywords? orun.Schema
---@return orun.Schema
function schema.anyOf(schemas, keywords) end
---@param schemas orun.Schema[]
---@param keywords? orun.Schema
---@return orun.Schema
function schema.allOf(schemas, keywords) end

return orun
