---@meta
-- A policy rule: policies/<key>.lua of a composition package, or .orun/policies/<key>.lua of a repository. The file returns an orun.Policy.

---@class orun.Policy
---@field describe string                what the key demands, for messages
---@field schema orun.Schema             of the value
---@field check fun(value: any, job: orun.PlanJob, ctx: orun.PolicyContext): orun.Violation|orun.Violation[]|string|string[]|nil

---@class orun.Violation
---@field message string
---@field path? string                   JSON pointer into the job, for example "/steps/0/run"; the message then points at its line
---@field hint? string

---A job as the plan will hold it, read-only.
---@class orun.PlanJob
---@field id string                      component@environment.job
---@field name string
---@field component string
---@field environment string
---@field composition string             the component type
---@field profile? string                type.profile
---@field runsOn? string
---@field path? string
---@field timeout? string
---@field retries? integer
---@field steps orun.PlanStep[]
---@field env? table<string, string>
---@field labels? table<string, string>
---@field parameters? table<string, any>
---@field outputs? string[]
---@field dependsOn? string[]

---@class orun.PlanStep
---@field id string
---@field name? string
---@field phase string
---@field run? string
---@field use? string
---@field with? table<string, any>
---@field env? table<string, string>
---@field shell? string
---@field timeout? string
---@field retry? integer

---@class orun.PolicyContext
---@field component {name: string, type: string, domain: string, labels: table<string, string>, path: string}
---@field environment {name: string}
---@field dependencies {component: string, environment: string, domain: string}[]
---@field git {revision: string, dirty: boolean}
---@field trigger? {provider: string, event: string, action: string, bindings: string[]}
