-- Every kind of error and warning: what it means and what to do. docs/errors.md is made from this (`make docs`); whoever raises a new
-- kind adds it here, and a case that provokes it to spec/diagnostic/cases.
local M = {}

---@class CatalogueEntry
---@field cause string   one or two sentences
---@field remedy string

---Areas in the order of the page, with what belongs to them.
---@type {name: string, title: string}[]
M.areas = {
  { name = "usage", title = "Command line" },
  { name = "yaml", title = "YAML files" },
  { name = "intent", title = "Intent and components" },
  { name = "trigger", title = "Trigger bindings" },
  { name = "change", title = "What changed" },
  { name = "composition", title = "Compositions" },
  { name = "schema", title = "Parameter schemas" },
  { name = "template", title = "Step templates" },
  { name = "bind", title = "Jobs and steps" },
  { name = "resolve", title = "Dependencies between jobs" },
  { name = "policy", title = "Policies" },
  { name = "plan", title = "Plans" },
  { name = "run", title = "Running" },
  { name = "state", title = "Records of executions" },
  { name = "execution", title = "Looking at executions" },
  { name = "job", title = "Looking at jobs" },
  { name = "gc", title = "Cleaning up" },
  { name = "pack", title = "Packing" },
  { name = "lint", title = "Looking for mistakes in packages" },
  { name = "command", title = "Own commands" },
  { name = "script", title = "Scripts" },
  { name = "output", title = "Output" },
}

---@type table<string, CatalogueEntry>
M.kinds = {}

local function kind(name, cause, remedy)
  M.kinds[name] = { cause = cause, remedy = remedy }
end

-- Command line -------------------------------------------------------------------------------------------------------------------

kind("usage", "The command line itself is wrong: an unknown command or flag, a value of the wrong form, or flags that exclude each "
  .. "other. Nothing was read or written; the exit code is 2.",
  "Follow the hint; `orun help <command>` lists the flags.")

-- YAML ---------------------------------------------------------------------------------------------------------------------------

kind("yaml.syntax", "The file is no YAML: wrong indentation, a tab, an unclosed bracket or quote, an unknown alias, or bytes that "
  .. "are not UTF-8.",
  "Mend the line that is shown, or the one above it.")
kind("yaml.type", "A value has another form than this key wants, for example a text instead of a list, or a quoted \"true\" "
  .. "instead of true.",
  "Write the form that the message names. `subscribe: {environments: [dev]}` and `dependsOn: [{component: db}]` are the usual ones.")
kind("yaml.value", "A value cannot be used: a key stands twice in a mapping, `<<` has nothing to merge, or a number is infinite or "
  .. "not a number.",
  "Keep one of the two keys; the message says where the first one stands. Write such numbers as texts.")
kind("yaml.binary", "A text tagged `!!binary` is not base64.", "Encode it again, or remove the tag.")
kind("yaml.unknown-key", "Nothing reads this key. It is ignored, which is rarely what was meant.",
  "Correct the spelling, or remove the key. One warning is given for each key and kind of place, with the number of times.")

-- Intent and components ------------------------------------------------------------------------------------------------------------

kind("intent.not-found", "Neither the working directory nor one above it, up to the top of the git work tree, has an intent.yaml "
  .. "or intent.yml.",
  "Run orun inside a platform, or name the file with --intent.")
kind("intent.unreadable", "The intent exists but cannot be read.", "Check the path and the permissions of the file.")
kind("intent.unwritable", "`orun intent render -o` cannot write the file.", "Check that its directory exists and may be written to.")
kind("intent.tree-unwritable", "`.orun/component-tree.yaml` cannot be written. Nothing but other tools depends on it.",
  "Make `.orun` a directory that may be written to.")
kind("intent.discovery-root", "A directory listed under `discovery.roots` does not exist, is none, or cannot be searched.",
  "Roots are relative to the intent's directory, absolute ones too. Create the directory or remove the entry.")
kind("intent.discovery-skipped", "A discovery root has a name that is never searched: .git, .orun or node_modules.",
  "Move the components elsewhere, or remove the root.")
kind("intent.manifest-unreadable", "A component.yaml was found but cannot be read; often it is a link that leads nowhere.",
  "Mend or remove the file.")
kind("intent.manifest-kind", "A component.yaml or component.yml has another `kind` than `Component`, or none.",
  "Write `kind: Component`, or give the file another name when it is no component.")
kind("intent.manifest-name", "A component manifest has no `metadata.name`.", "Give the component a name.")
kind("intent.component-name", "A component has no name, or one with `@` or a control character, which cannot be part of a job id.",
  "Rename the component.")
kind("intent.component-type", "A component has no `type`, so no composition serves it.", "Set `type` (in a manifest: `spec.type`).")
kind("intent.component-not-found", "No component of this name exists, or none that runs in an environment.",
  "`orun get components` lists all of them with their environments.")
kind("intent.duplicate-component", "Two components have one name: inline ones, manifests, or component.yaml beside component.yml.",
  "Rename or remove one of them; the hint says where the first one stands.")
kind("intent.unknown-dependency", "A component depends on one that no file of this intent declares. Dependencies on components "
  .. "that are merely not selected are no error.",
  "Correct the name, or remove the dependency.")
kind("intent.dependency-include", "`include` of a dependency is neither `if-selected` nor `always`.",
  "Use `always` to pull the other component into every plan, else `if-selected` or nothing.")
kind("intent.dependency-mode", "`dependencyMode` is neither `enforced`, `advisory` nor `disabled`.", "Use one of the three.")
kind("intent.unknown-group", "The domain of a component is no group, but nearly the name of one. Policies and parameterDefaults of that "
  .. "group do not count for the component.",
  "Correct the domain. A domain needs no group; one that is meant as it is may have an empty one.")
kind("intent.unused-selector", "The selectors of an environment name a component or a domain that no component has.",
  "Correct the name, or remove it; a trailing `*` may wait for what it matches.")
kind("intent.state-mode", "`execution.state.mode` has a value that is neither local nor remote. It means local: nothing is shared.",
  "Write `remote`, or remove the field.")
kind("intent.unknown-environment", "A component subscribes to, or depends on another one in, an environment that the intent does not "
  .. "declare, or a pattern that matches none. Nothing would run there.",
  "Correct the name, or declare the environment.")
kind("intent.duplicate-subscription", "A component subscribes to one environment twice. Only the first entry counts.",
  "Remove one of them, or merge their settings.")
kind("intent.no-directory", "The `path` of a component, or the default that it takes, is no directory. Its steps start there and would "
  .. "fail. Directories that `outputs` of a job bring about are not looked for.",
  "Correct the path, which is relative to the intent's directory, or create the directory.")
kind("intent.unused-defaults", "`parameterDefaults` of an environment or group are for a type that no component and no composition has, "
  .. "often because the parameters stand directly below them.",
  'Correct the type; the key `"*"` means every type.')
kind("intent.change-watch", "`change.watches` lists something that is no section of an intent.",
  "Use the names that the message lists, in lower case.")
kind("intent.subscription-name", "An entry of `subscribe.environments` is a mapping without `name`.",
  "Add `name`, or write the name alone.")
kind("intent.reserved-env", "An `env` sets a variable whose name starts with ORUN_, in any case. Those belong to orun.",
  "Give the variable another name.")
kind("intent.environment-name", "The name of an environment is empty or has an `@`, a dot or a control character, which cannot be "
  .. "part of a job id.",
  "Rename the environment.")
kind("intent.promotion-environment", "An entry of `promotion.dependsOn` names no environment.", "Add `environment`.")
kind("intent.promotion-self", "An environment is promoted from itself.", "Name the environment that comes before it.")
kind("intent.promotion-unknown", "An environment is promoted from one that does not exist.",
  "Correct the name, or declare the environment.")
kind("intent.promotion-value", "`strategy`, `condition`, `satisfy` or `match.revision` of a promotion has an unknown value.",
  "Use one of the values in the message, or leave the key out for the default.")
kind("intent.promotion-cycle", "Environments are promoted from each other in a circle, so none could ever be the first.",
  "Remove one of the promotions on the path that is shown.")
kind("intent.profile-required", "A subscription has `profileRules` but no `profile` for when no rule applies.", "Add `profile`.")
kind("intent.profile-missing", "The composition has execution profiles and no default, and the subscription names none.",
  "Name one of the listed profiles, or set `defaultProfile` in the composition.")
kind("intent.profile-type", "A profile is written with the name of a type that is not the component's.",
  "Write `<type>.<profile>` with the component's own type, or the profile's name alone.")
kind("intent.unknown-profile", "The composition has no profile of this name.", "Use one of the listed profiles.")
kind("intent.rule-profile", "An entry of `profileRules` chooses no profile.", "Add `profile`.")
kind("intent.rule-mode", "An entry of `dependencyRules` has no `mode`, or an unknown one.", "Use `enforced`, `advisory` or `disabled`.")
kind("intent.rule-trigger", "A rule has no `when.triggerRef`, or one that `automation.triggerBindings` does not declare.",
  "Name a declared trigger binding.")
kind("intent.unknown-variable", "A parameter, path or env value of an intent has a `{{ ... }}` that intents do not know; it is "
  .. "removed, as it always was. `${{ ... }}` is left alone.",
  "Use {{ .environment }}, {{ .group }} or {{ .component }}; step templates know more.")
kind("intent.preset-source", "`extends` names a source that the intent does not declare, or none.",
  "Use the name of an entry of `compositions.sources`.")
kind("intent.preset-unknown", "The source publishes no preset of this name.",
  "Use one of the listed presets; a package lists them under `spec.intentPresets` of its stack.yaml.")
kind("intent.preset-unreadable", "The file of a preset cannot be read.", "Correct the path in the package's stack.yaml.")
kind("intent.preset-kind", "The file of a preset has another `kind` than `IntentPreset`.", "Write `kind: IntentPreset`.")
kind("intent.presets-skipped", "A listing cannot read the source of a preset now and shows the intent without it. Compiling would "
  .. "fail.",
  "Make the source available; the message says what is wrong with it.")

-- Trigger bindings -----------------------------------------------------------------------------------------------------------------

kind("trigger.not-found", "`--trigger` names a binding that `automation.triggerBindings` does not declare.",
  "Use one of the listed names, or declare the binding.")
kind("trigger.none", "An event was given to an intent that declares no trigger bindings.",
  "Declare some under `automation.triggerBindings`, or leave --from-ci out.")
kind("trigger.not-matched", "No trigger binding wants the event. This is an error, so that a workflow that should have planned something "
  .. "does not pass silently.",
  "Compare `on` of the bindings with the event in the message, or start the workflow for other events only.")
kind("trigger.inactive", "Trigger bindings matched, but no environment lists one of them, so there is nothing to plan.",
  "List the binding under `activation.triggerRefs` of an environment.")
kind("trigger.environment", "`--env` leaves none of the environments that the trigger activates.",
  "Name one of the listed environments, or leave --env out.")
kind("trigger.scope-conflict", "The event matches several trigger bindings that ask for different scopes.",
  "Give them one `plan.scope`, or let their filters exclude each other.")
kind("trigger.unknown-provider", "`--from-ci` names no event provider, or `auto` found none whose CI system runs orun.",
  "Use one of the listed providers; `generic` takes events of any other system.")
kind("trigger.provider-ignored", "`--trigger` and `--from-ci` were both given. The event is not read.", "Leave one of them out.")
kind("trigger.provider-failed", "An event provider of this platform (`.orun/triggers`) is no provider, or it failed in its sandbox.",
  "Mend the file; docs/triggers.md says what it must return.")
kind("trigger.hidden", "A file of `.orun/triggers` has the name of a provider that ships. It is never asked: what a checkout brings cannot "
  .. "change what an event means.", "Give the provider a name of its own.")
kind("trigger.no-event", "The provider found no event: there is no payload, or the variables that it reads are not set; or a provider of "
  .. "this platform returned something else than an event.",
  "Follow the hint; --event-file names a payload.")
kind("trigger.event-unreadable", "The event file cannot be read.", "Check the path of --event-file or the variable that names it.")
kind("trigger.event-syntax", "The event file is no JSON object.", "Give the payload as the CI system delivers it.")
kind("trigger.binding-name", "A trigger binding has an empty name.", "Give it one.")
kind("trigger.provider-required", "A trigger binding has no `on.provider`, so no event can match it. A warning for plan and run.",
  "Write `provider: github`.")
kind("trigger.event-required", "A trigger binding has no `on.event`, so no event can match it. A warning for plan and run.",
  "Name the event, for example `push` or `pull_request`.")
kind("trigger.scope", "`plan.scope` of a trigger binding is neither `full` nor `changed`. A warning for plan and run, which take "
  .. "it for `full`.",
  "Use one of the two.")
kind("trigger.unknown-ref", "`activation.triggerRefs` of an environment names a trigger binding that does not exist. A warning for "
  .. "plan and run.",
  "Correct the name, or declare the binding.")
kind("trigger.duplicate-ref", "`activation.triggerRefs` of an environment names a trigger binding twice. A warning for plan and run.",
  "Remove one of them.")
kind("trigger.unused", "No environment names this trigger binding, so it activates nothing.",
  "List it under `activation.triggerRefs` of an environment, or remove it.")

-- What changed ----------------------------------------------------------------------------------------------------------------------

kind("change.no-repository", "What changed is asked of git, and the intent lies in no work tree that git can read.",
  "Run orun inside a git work tree, or name the files with --files.")
kind("change.no-git", "What changed is asked of the git program, and it is not installed.", "Install git, or use --files.")
kind("change.unknown-ref", "The commit or branch to compare with is not in this repository. In CI orun tries to fetch it first.",
  "Fetch it, or name another one with --base.")
kind("change.shallow", "The clone has too little history to know where the work left its base. In CI orun tries to deepen it first.",
  "Fetch the rest of the history, as the hint says.")
kind("change.git", "The git program failed.", "The message is its own.")
kind("change.ignored", "A flag says how to find changes, and nothing asks for them: everything is planned.",
  "Add --changed, or leave the flag out.")

-- Compositions ---------------------------------------------------------------------------------------------------------------------

kind("composition.none-declared", "The intent has components but no source of compositions, and no --config-dir was given.",
  "List a source under `compositions.sources`.")
kind("composition.source-name", "An entry of `compositions.sources` has no name.", "Give it one.")
kind("composition.duplicate-source", "Two composition sources have one name.", "Rename one of them.")
kind("composition.source-kind", "The `kind` of a composition source is unknown.", "Use `dir` or `archive`.")
kind("composition.source-unsupported", "This kind of composition source exists but is not supported by this version.",
  "Use a `dir` or an `archive` source.")
kind("composition.source-path", "A composition source of kind `dir` or `archive` has no `path`.",
  "Write a path relative to the intent's directory.")
kind("composition.source-missing", "The directory or archive of a composition source does not exist or is of the wrong sort.",
  "Correct the path; it is relative to the intent's directory.")
kind("composition.symlink", "A composition package is, or holds, a symbolic link. Packages hold none, so that they can be packed "
  .. "and compared.",
  "Copy the file instead.")
kind("composition.unreadable", "A file or directory of a composition package cannot be read.",
  "Correct the path in the package, or the permissions.")
kind("composition.archive", "An archive cannot be unpacked: it is damaged, no tar.gz, or tries to write outside of its own directory.",
  "Get it again; make archives with `orun pack`.")
kind("composition.cache", "Unpacked archives are kept below ~/.orun/cache, which cannot be found or written to.",
  "Set HOME, or let ORUN_HOME name a directory that may be written to.")
kind("composition.digest", "The content of a source is not the one that its `digest` pins.",
  "Look at what changed. When it is meant, write the digest that was found.")
kind("composition.unverified", "`verify.required` is set, but signatures are not checked.", "Pin the content with `digest`.")
kind("composition.lock", "The lock file of compositions cannot be written.", "Make `.orun` and the file in it writable.")
kind("composition.lock-unreadable", "The lock file of compositions is damaged.",
  "Restore it, or write it again with `orun compositions lock`.")
kind("composition.locked", "A source has other content than the lock file says.",
  "Look at the change; accept it with `orun compositions lock`.")
kind("composition.not-locked", "`--locked` was given and a source is not in the lock file as it is declared now.",
  "Record it with `orun compositions lock`.")
kind("composition.manifest-missing", "A package has neither stack.yaml nor orun.yaml at its root.",
  "Add a stack.yaml with `kind: Stack`.")
kind("composition.manifest-kind", "stack.yaml is not of kind `Stack`, or orun.yaml not of kind `CompositionPackage`.",
  "Correct the `kind`.")
kind("composition.manifest-name", "The manifest of a package has no `metadata.name`.", "Give the package a name.")
kind("composition.none", "A package exports no composition.",
  "Put compositions into compositions/<name>/composition.yaml, or list the exports.")
kind("composition.export-name", "An export of an orun.yaml names no composition.", "Add `composition`.")
kind("composition.export-path", "An export has no path, or one without a directory that could name the composition.",
  "Write compositions/<name>/composition.yaml.")
kind("composition.duplicate", "A package offers two compositions of one name.", "Rename or remove one of them.")
kind("composition.path-leaves-package", "A path written in a package leads out of it.", "Keep every file of a package below its root.")
kind("composition.preset", "An entry of `spec.intentPresets` lacks `name` or `path`.", "Give it both.")
kind("composition.no-effect", "A manifest demands something that orun does not look at: `spec.orun.minVersion` or `spec.dependencies`.",
  "Remove it, or keep it for other tools.")
kind("composition.kind", "A composition document has another `kind` than `Composition`.", "Write `kind: Composition`.")
kind("composition.name", "`metadata.name` of a composition is missing or not the name under which it is exported.",
  "Name it like its directory or its export.")
kind("composition.type", "`spec.type` of a composition is missing or not its name.", "Write the name of the composition.")
kind("composition.schema", "A composition, or the document that its schemaRef names, has no parameter schema.",
  "Add `parameterSchema`; `{type: object}` accepts everything.")
kind("composition.schema-invalid", "The parameter schema of a composition is no valid JSON Schema, or refers to one that is not there.",
  "Correct it; only references inside the schema and to the official meta-schemas are followed.")
kind("composition.reference", "A composition refers to a schema, job template or profile whose file is not where it must be.",
  "Put the document into one of the files that the hint lists, with the right `kind` and `metadata.name`.")
kind("composition.no-jobs", "A composition has no jobs.", "List at least one under `spec.jobs`.")
kind("composition.idle-fields", "A job of a composition names a template with `templateRef`, yet says itself what the template says: "
  .. "`runsOn`, `timeout`, `retries`, `steps` or `outputs`. Only its `name` and `dependsOn` count.",
  "Move them into the template.")
kind("composition.job-name", "A job of a composition has no name.", "Give it one.")
kind("composition.duplicate-job", "Two jobs of a composition have one name.", "Rename one of them.")
kind("composition.duplicate-step", "Two steps of a job have one id (or, without ids, one name).", "Give one of them another `id`.")
kind("composition.default-job", "`defaultJob` is missing or names no job of the composition.", "Name one of the jobs.")
kind("composition.job-dependency", "A job depends on one that the composition does not have.", "Correct the name.")
kind("composition.default-profile", "A composition with profiles has no `defaultProfile`, or one that does not exist.",
  "Name one of the profiles.")
kind("composition.empty-profile", "A profile selects no job, or no step of a job.",
  "Name jobs under `jobs`, steps under `stepsEnabled` or `includeCapabilities`.")
kind("composition.unknown-job", "A profile names a job that the composition does not have.", "Correct the name.")
kind("composition.unknown-step", "A profile enables or overrides a step that the job does not have.",
  "Correct the name; steps are known by `id`, else by `name`.")
kind("composition.repeated-step", "A profile enables a step twice.", "Remove one of the entries.")
kind("composition.duplicate-profile", "A composition lists a profile twice; the last one counts.", "Remove one of them.")
kind("composition.profile-reference", "An entry of `profiles` refers to no document and is left out.", "Add `profileRef: {name: ...}`.")
kind("composition.module", "A composition in Lua cannot be loaded, or one of its functions failed: a syntax error, a module that is not "
  .. "in the package, or an error while it ran.",
  "Look at the line; the hint names the file that called it when that is another one.")
kind("composition.module-shape", "What a composition in Lua returns has not the form of a composition, or a function of it returned "
  .. "something else than its field holds.",
  "Write what the message asks for. A file returns `orun.composition { ... }`; an empty list is `orun.list {}`.")
kind("composition.failure", "A composition in Lua refused what it was given, with orun.fail.", "Do what its message and hint say.")
kind("composition.limit", "A Lua file of a package or of the platform used more memory, instructions or output than one call may.",
  "Mend the loop or the growing table; a limit that is too low for what is meant can be raised under `compositions.limits`.")
kind("composition.limits", "A value under `compositions.limits` is no number, or has an unknown unit.",
  "Write sizes such as 64MiB (KiB, MiB and GiB are known), and instructions as a number.")
-- Lint --------------------------------------------------------------------------------------------------------------------------

kind("lint.syntax", "A Lua file of the package cannot be compiled.", "Mend the line that is named.")
kind("lint.global", "A Lua file sets a global, or reads one that the sandbox does not define. Globals of one file are not seen by another.",
  "Write `local`, or correct the name.")
kind("lint.parameter", "The schema offers a parameter that neither a template nor the code reads. Code is searched for the name in the "
  .. "composition and in every file that it requires.", "Use it, or take it out of the schema.")
kind("lint.default", "The schema gives a parameter a default that it would refuse if a component said it. Defaults are laid below what "
  .. "components say; nothing validates them afterwards.", "Change the default, or what the schema allows.")
kind("lint.capability", "A step has a capability that no profile includes, so it never runs; or a profile includes one that no step has.",
  "Correct one of the two.")
kind("lint.profile", "Under this profile a job never has a step.", "Give the profile capabilities or steps that the job has.")
kind("lint.failure", "Parameters that the schema allows make a function of the composition fail. The parameters were invented.",
  "Refuse them in the schema, or with orun.fail and a message that helps.")
kind("lint.untried", "No component could be invented that the job accepts: the schema has a pattern that is not met by luck, or the code "
  .. "refused all of them. Its functions were not tried.",
  "Give the package an example, `examples/<name>/intent.yaml`, or name a platform that uses it with --examples.")
kind("lint.order", "A job comes out differently when jobs are made in another order: a function keeps something for its next call.",
  "Make everything from ctx; no local variable outside of the function may change.")
kind("lint.example", "An example of the package does not compile.", "Mend it; the message is that of the compiler.")

kind("composition.workshop", "`orun compositions test` and `lint` found no composition package at the path that they were given.",
  "Go into a package (a folder with a stack.yaml), name one, or make one with `orun compositions new`.")
kind("composition.no-specs", "`orun compositions test` found no spec, or none whose name has the text of --filter.",
  "Specs are files of the package whose names end in `_spec.lua`.")
kind("composition.sample", "A spec asks `compile` for something that it does not know.",
  "compile takes component, type, environment, profile, parameters, env, labels and dependsOn.")
kind("composition.draft", "`orun compositions new` cannot write its files, or the package has a composition of that name.",
  "Choose another name; nothing is ever overwritten.")
kind("composition.explain", "`orun compositions explain` found no component of the type, name and environment that it was asked for.",
  "`orun get components` lists components with their types and environments.")
kind("composition.config-dir", "The directory given with --config-dir cannot be read or holds no job files.",
  "It must hold <type>/job.yaml (or compositions.yaml) and <type>/schema.yaml.")
kind("composition.unknown-source", "A binding, the precedence list or a compositionRef names a source that is not declared.",
  "Correct the name.")
kind("composition.unused-binding", "A type is bound to a source under `resolution.bindings`, but no source exports that type.",
  "Correct the type, or remove the binding.")
kind("composition.binding", "A type is bound to a source that does not export it.", "Bind it to one of the sources in the hint.")
kind("composition.ambiguous", "Several sources export a type and nothing says which one to use.",
  "Choose with `compositions.resolution.bindings` or `precedence`.")
kind("composition.silent-choice", "Several sources export a type and `precedence` lists none of them, so the first one declared "
  .. "was taken.",
  "Add one of them to `precedence`.")
kind("composition.ref-source", "A compositionRef names no source.", "Add `source`.")
kind("composition.ref-name", "A compositionRef names a composition that its source does not export.",
  "Use one of the exports in the hint.")
kind("composition.unknown-type", "No composition serves the type of a component.", "Correct the type, or add a composition for it.")
kind("composition.not-found", "`orun compositions` was asked for a type that no source exports.",
  "Without a name it lists all of them.")

-- Schemas and templates --------------------------------------------------------------------------------------------------------------

kind("schema.violation", "The parameters of a component do not fit the schema of its composition. Checked are the component's own "
  .. "parameters, before defaults of environments and groups.",
  "Correct the value; the hint says where the schema demands it.")
kind("template.parse", "A text of a step is no valid template.",
  "Mend the action at the line and column; docs/templates.md describes the language.")
kind("template.exec", "A template of a step fails when it is rendered, for example because it compares a number with a text.",
  "Mend the template, or give the parameter the type that it expects.")
kind("template.missing", "A template prints a parameter that is missing or null; the text would hold `<no value>` or `<nil>`.",
  "Give the parameter a value, or guard it with `{{ if }}` or `{{ with }}`.")

-- Jobs, dependencies, policies ---------------------------------------------------------------------------------------------------------

kind("bind.phase", "The `phase` of a step is neither `pre`, `main` nor `post`.", "Use one of the three.")
kind("bind.timeout", "The `timeout` of a job or step is no duration, or not a positive one. The step would fail as soon as it started.",
  "Write numbers with units, such as `30s`, `10m` or `1h30m`.")
kind("bind.retries", "`retries` of a job or `retry` of a step is negative.", "Write 0 for no further attempt, or leave it out.")
kind("bind.on-failure", "`onFailure` of a step is neither `stop` nor `continue`; a failure of the step fails the job, as with `stop`.",
  "Use one of the two, or leave it out.")
kind("bind.empty-step", "A step has neither `run` nor `use`: there is nothing to do in it.", "Give it one of the two, or remove it.")
kind("bind.duplicate-step", "After profiles and overrides a job has two steps of one id.", "Give one of them another `id`.")
kind("bind.no-steps", "Nothing is left of a job's steps, so it would do nothing.",
  "Let the profile enable steps, or leave the job out of it.")
kind("bind.override-appended", "A component overrides a step that its profile left out, which brings the step back at the end of "
  .. "the job; or one whose name is nearly that of a step of the job, which adds a step instead of replacing that one.",
  "Remove the override, or enable the step in the profile; correct the name.")
kind("bind.unknown-job", "A profile that is used names a job that the composition does not have.", "Correct the profile.")
kind("resolve.always-missing", "A dependency with `include: always` leads to a component that this plan cannot contain.",
  "Let the other component run in that environment, or use `include: if-selected`.")
kind("resolve.promotion-inactive", "A promotion demands success in the same plan, but the environment it comes from is not part of "
  .. "the plan.",
  "Select that environment as well, or use another `satisfy`.")
kind("resolve.cycle", "Jobs depend on each other in a circle.",
  "Remove one of the dependencies on the path that is shown, or make it advisory.")
kind("resolve.output", "Two jobs produce one output file, or an output lies outside of the job's directory.",
  "Let every job write its own files, below its own path.")
kind("policy.unknown", "A policy is set that no rule enforces; it would silently mean nothing.",
  "Correct the key; the known ones are in docs/policies.md.")
kind("policy.rule", "The rule file of a policy, in `policies/` of a package or in `.orun/policies/`, cannot be loaded, is no rule, "
  .. "failed while it ran, or answered with something that is no message.",
  "Mend the line; docs/policies.md says what a rule returns.")
kind("policy.hidden", "A rule file has the name of a built-in policy or of one in an earlier source. It is never asked: what a checkout "
  .. "brings cannot change what a key means.", "Give the rule a name of its own.")
kind("policy.value", "The value of a policy does not have the form that its rule expects.",
  "The hint says what the policy means; docs/policies.md has examples.")
kind("policy.conflict", "Group, environment and preset say different things about one policy. None of them may silently win.",
  "Make them agree; both places are shown.")
kind("policy.violation", "A job does not comply with a policy.", "Change the component or the composition, or the policy.")

-- Plans ------------------------------------------------------------------------------------------------------------------------------

kind("plan.unknown-environment", "No environment has a name that --env asks for. A wildcard without a match is only warned about when "
  .. "something else matches.",
  "Use one of the listed names; a trailing `*` matches a prefix.")
kind("plan.unknown-component", "No component has a name that was asked for, or none of those that have one runs in the selected "
  .. "environments. A wildcard without a match, and a component that only runs elsewhere, are warned about when something else matches.",
  "Use one of the listed names; a trailing `*` matches a prefix.")
kind("plan.unknown-view", "--view names an unknown view; `dag` is shown.", "Use `dag`, `dag:long`, `dependencies` or `component=NAME`.")
kind("plan.scope", "The working directory belongs to a component that the intent does not discover.",
  "Pass --all, or add the directory to `discovery.roots`.")
kind("plan.source-date-epoch", "SOURCE_DATE_EPOCH is not a number of seconds.", "Correct or unset it.")
kind("plan.no-github-output", "--github-output was given outside of GitHub Actions.", "Let GITHUB_OUTPUT name a file.")
kind("plan.unencodable", "A value is nested too deeply to be written as JSON.", "Make it flatter, or pass it as a file.")
kind("plan.unwritable", "The plan cannot be written to the file that was asked for.",
  "Check the path, its permissions, and the space left.")
kind("plan.store-unreadable", "The plans below `.orun/plans` cannot be listed.", "Check the permissions of that directory.")
kind("plan.save", "The plan cannot be saved in `.orun/plans`.", "Check the permissions of `.orun` and the space left.")
kind("plan.name", "--name is no name that a plan can have: it is empty, has a slash, begins with a dot, or looks like the id of "
  .. "another plan.",
  "Choose another name.")
kind("plan.none", "No plan was stored yet.", "Run `orun plan`.")
kind("plan.not-found", "No stored plan and no file is meant by this name.", "`orun get plans` lists the stored ones.")
kind("plan.ambiguous", "The beginning of a plan id fits several plans.", "Write more digits.")
kind("plan.unreadable", "The plan file cannot be read.", "Check the path and the permissions.")
kind("plan.syntax", "The plan file is neither JSON nor YAML.", "Compile it again.")
kind("plan.malformed", "The file is JSON or YAML, but no plan.", "Compile it again; docs/files.md describes the form.")
kind("plan.modified", "The plan was changed after it was compiled: its checksum does not fit.",
  "Compile it again, or pass --allow-modified-plan to use it as it is (then this is a warning).")
kind("plan.former-checksum", "The plan was compiled by an earlier version, whose checksum leaves out triggers and sources.",
  "Compile it again.")

-- Running ----------------------------------------------------------------------------------------------------------------------------

kind("run.unknown-job", "--job fits no job of the plan.", "`orun get jobs` lists them.")
kind("run.ambiguous-job", "--job fits several jobs.", "Write more of the id.")
kind("run.nothing-selected", "No job of the plan lies in an environment or component that was asked for. A wildcard without a match is "
  .. "only warned about when something else matches.",
  "`orun get jobs` lists the jobs.")
kind("run.unmet-dependencies", "A single job was asked for, but jobs that it needs did not complete in this execution.",
  "Run those first, or continue the execution in which they ran: --exec-id.")
kind("run.nothing-to-retry", "--retry was given, but there is no execution whose job could be run again.",
  "Run the plan first, or name the execution with --exec-id.")
kind("run.retry-refused", "The job cannot be reset: somebody is running it.", "Wait for it, or stop the other run.")
kind("run.retry-delay", "ORUN_RETRY_DELAY is no duration.", "Write for example 500ms or 2s.")
kind("run.execution-id", "--exec-id (or ORUN_EXEC_ID) cannot name a directory.", "Use letters, digits, dots, dashes and underscores.")
kind("run.unknown-gate", "`--approve` or `orun approve` names no gate of the plan.", "Use a gate's id, its environment, or `all`.")
kind("run.unknown-runner", "ORUN_RUNNER names an unknown runner.", "Use one of the names in the message.")
kind("run.runner-unavailable", "The runner is not part of this version, or cannot be prepared on this machine.",
  "Choose another one with --runner.")
kind("run.background", "The run in the background could not be started, or ended before it began.",
  "Read what it printed (run.log in the directory of the execution), or run it in front.")
kind("run.unknown-dependency", "A job of the plan depends on a job that the plan does not have. Compiled plans never do.",
  "Compile the plan again.")
kind("run.cycle", "The jobs of the plan depend on each other in a circle. Compiled plans never do.", "Compile the plan again.")

-- Records ----------------------------------------------------------------------------------------------------------------------------

kind("state.record", "The record of the execution cannot be created below `.orun/executions`.",
  "Check the permissions of `.orun` and the space left.")
kind("state.journal", "The journal of an execution cannot be written (an error), or lines of it are damaged and were left out (a "
  .. "warning).",
  "Check the disk. Jobs whose records were lost run again when the execution is continued.")
kind("state.unreadable", "The records of executions cannot be read.", "Check who owns `.orun/executions` and what lies in it.")
kind("execution.none", "Nothing was run yet.", "Run `orun run`.")
kind("execution.not-found", "No execution has this id, nor one that begins so.", "`orun get runs` lists them.")
kind("execution.ambiguous", "Several execution ids begin with this text.", "Write more of the id.")
kind("execution.export", "The file that `orun status --trace` or `--junit` should write cannot be written.",
  "Check that its directory exists and may be written to.")
kind("execution.not-running", "There is nobody to stop: the run is over, or its process is gone.",
  "`orun run --exec-id ID` goes on with a run whose process is gone.")
kind("execution.elsewhere", "The run goes on on another machine.", "Cancel it there.")
kind("execution.not-stopped", "The process of the run cannot be sent a signal.", "Cancel it as the user who started it.")
kind("job.not-found", "The plan has no such job.", "`orun get jobs` lists them.")
kind("job.ambiguous", "Several jobs of the plan fit.", "Write more of the id.")
kind("gc.not-removed", "Something that `orun gc` should remove is still there.",
  "Check its permissions; the next `orun gc` tries again.")
kind("gc.engine", "Runs have made containers here, and the container engine cannot be asked which of them are left.",
  "Start it, or remove .orun/cache/containers when no engine is used any more.")

-- The program ------------------------------------------------------------------------------------------------------------------------

kind("pack.failed", "The archive cannot be made.", "The message says what is in the way.")
kind("pack.source-date-epoch", "SOURCE_DATE_EPOCH is not a number of seconds.", "Correct or unset it.")
kind("command.unreadable", "A file of your own commands cannot be read.", "Check its permissions.")
kind("command.failed", "A file of your own commands raised an error while it was loaded.", "Mend the line in the message.")
kind("command.raised", "A command of your own or of a checkout raised an error that is no diagnostic: a bug of its author.",
  "The message says where; docs/commands.md shows how to tell mistakes of the user.")
kind("command.result", "A command of your own or of a checkout returned something that is no exit code.",
  "Return a number from 0 to 255, or nothing for 0.")
kind("command.sandbox", "The command file of a checkout cannot be read in the sandbox, where help and completion look at its table: it "
  .. "raised an error, wanted more than a table needs, or is no regular file.",
  "Let the file return its table and do everything else in `run`.")
kind("command.syntax", "A file of your own commands is no Lua.", "Mend the line in the message.")
kind("command.shape", "A file of your own commands does not return the table of a command, or one with a field that there is not.",
  "Return `{summary = ..., run = function(ctx, args) ... end}`.")
kind("script.load", "The script for `orun lua` cannot be read or is no Lua.", "Check the path, or mend the line in the message.")
kind("script.failed", "The script for `orun lua` raised an error.", "The traceback shows where.")
kind("output.write", "Standard output cannot be written to, for example because the disk is full.",
  "Free some space, or write elsewhere.")
kind("output.format-name", "--output names a file here, and its value is the name of a format. The file was written under that name.",
  "Use the words of the hint to have it printed, or give the file a name with an extension.")

return M
