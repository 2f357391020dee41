// An emulated Alibaba Cloud for each test.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

// Starts mss-emulator; `arguments_` are those of `mss-emulator serve`. Stops with `await cloud.stop()`, or when this
// process ends, however it ends.
export async function startEmulator(arguments_ = []) {
  const program = process.env.MSS_EMULATOR ?? "mss-emulator";
  const child = spawn(program, ["serve", "--exit-with-parent", ...arguments_], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    ended.then(([code]) => { throw new Error(`mss-emulator ended with ${code}`); }),
  ]);
  const cloud = JSON.parse(line);
  return {
    ...cloud,
    environment: {
      ...process.env,
      MSS_ENDPOINT_URL: cloud.endpoint,
      ALIBABA_CLOUD_ACCESS_KEY_ID: cloud.access_key_id,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: cloud.access_key_secret,
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
