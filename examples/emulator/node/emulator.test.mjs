import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { startEmulator } from "./emulator.mjs";

const ROLE = "AliyunServiceRoleForMssp";

async function roles(cloud) {
  const state = await (await fetch(cloud.endpoint + "/_emulator/state")).json();
  return state.accounts[cloud.account_id].roles;
}

// Each has a cloud of its own, so both find it empty.
describe("an emulator for each test", { concurrency: true }, () => {
  for (const name of ["one", "another"]) {
    it(name, async () => {
      const cloud = await startEmulator();
      try {
        assert.ok(!(ROLE in (await roles(cloud))));
        const url = `${cloud.endpoint}/_emulator/accounts/${cloud.account_id}/roles`;
        await fetch(url, { method: "POST", body: JSON.stringify({ role_name: ROLE }) });
        assert.ok(ROLE in (await roles(cloud)));
      } finally {
        await cloud.stop();
      }
    });
  }
});
