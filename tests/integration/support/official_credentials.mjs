// Runs the official credential library for Node over scenarios: each line of standard input is {"env": {...}}, and is
// answered with {"key": ...} or {"error": ...}.
//
//   node official_credentials.mjs FOLDER      FOLDER holds node_modules with @alicloud/credentials

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import path from "node:path";

const load = createRequire(path.join(path.resolve(process.argv[2]), "x.js"));
const { default: Credential } = load("@alicloud/credentials");
// The library warns and tells on the standard output, which is ours.
for (const name of ["log", "info", "warn", "error"]) console[name] = () => {};
const answer = (value) => process.stdout.write(JSON.stringify(value) + "\n");

answer({});
for await (const line of createInterface({ input: process.stdin })) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, JSON.parse(line).env);
  try {
    const found = await new Credential().getCredential();
    answer(found.accessKeyId ? { key: found.accessKeyId } : { error: "no key" });
  } catch (error) {
    answer({ error: String(error).slice(0, 2000) });
  }
}
