const fs = require("node:fs");

fs.mkdirSync("dist", { recursive: true });
fs.copyFileSync("index.js", "dist/hello.js");
