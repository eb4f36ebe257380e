const test = require("node:test");
const assert = require("node:assert");

test("greets", () => assert.equal(require("../dist/hello.js")("node"), "hello, node"));
