---@meta
-- Globals of *_spec.lua files of a package: `orun compositions test`.

---@param name string
---@param fn fun()
function describe(name, fn) end
---@param name string
---@param fn fun()
function it(name, fn) end
---A test that is yet to be written.
---@param name string
function pending(name) end
---@param fn fun()
function before_each(fn) end
---@param fn fun()
function after_each(fn) end

---@class orun.Sample
---@field component? string|{name: string, type?: string, domain?: string, path?: string, labels?: table<string, string>, env?: table<string, string>, parameters?: table, overrides?: table}
---@field type? string                   default: the type beside which the spec stands
---@field environment? string|{name: string, env?: table<string, string>, parameterDefaults?: table, policies?: table}
---@field profile? string
---@field parameters? table<string, any>
---@field env? table<string, string>
---@field labels? table<string, string>
---@field dependsOn? string[]            names of components that exist beside it

---The jobs of one component in one environment, as a plan would hold them. An error of the compiler is raised.
---@param sample orun.Sample
---@return orun.PlanJob[]
function compile(sample) end

---@class orun.Assert
---@operator call: any
---@field are orun.Assert
---@field is orun.Assert
---@field has orun.Assert
---@field is_not orun.Assert
---@field are_not orun.Assert
assert = {}
---@param expected any
---@param actual any
---@param message? string
function assert.equal(expected, actual, message) end
function assert.not_equal(expected, actual, message) end
---Equal in depth.
---@param expected any
---@param actual any
---@param message? string
function assert.same(expected, actual, message) end
function assert.not_same(expected, actual, message) end
function assert.is_true(v, message) end
function assert.is_false(v, message) end
function assert.is_nil(v, message) end
function assert.is_not_nil(v, message) end
function assert.is_string(v, message) end
function assert.is_table(v, message) end
function assert.truthy(v, message) end
function assert.falsy(v, message) end
---The pattern occurs in the text; with `plain`, the pattern is a text.
---@param pattern string
---@param text string
---@param plain? boolean
---@param message? string
function assert.matches(pattern, text, plain, message) end
function assert.not_matches(pattern, text, plain, message) end
---The text is in the other one, or the item in the list.
---@param wanted any
---@param whole string|table
---@param message? string
function assert.contains(wanted, whole, message) end
---The function fails; with `expected`, with a message in which that text occurs.
---@param fn fun()
---@param expected? string
---@return string message
function assert.has_error(fn, expected) end
---@param fn fun()
function assert.has_no_error(fn) end
