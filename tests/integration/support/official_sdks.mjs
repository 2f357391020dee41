// Drives an emulator with Alibaba Cloud's official SDKs for Node, unchanged but for the endpoint: the newer ones (V3) and
// pop-core (V1).
//
//   node official_sdks.mjs FOLDER ENDPOINT ACCESS_KEY_ID ACCESS_KEY_SECRET   prints what the SDKs parsed
//
// FOLDER is where npm has put them.

import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, endpoint, id, secret] = process.argv.slice(2);
const require = createRequire(join(folder, "package.json"));
const Ram = require("@alicloud/ram20150501");
const Sts = require("@alicloud/sts20150401");
const { Config } = require("@alicloud/openapi-core/dist/utils");
const { RPCClient } = require("@alicloud/pop-core");

const ROLE = "AliyunServiceRoleForMssp";
const host = endpoint.split("://")[1];
const config = new Config({
  accessKeyId: id, accessKeySecret: secret, endpoint: host, protocol: "http", regionId: "cn-hangzhou",
});
const code = async (call) => {
  try {
    await call;
  } catch (error) {
    return error.code;
  }
  return null;
};

const old = new RPCClient({ accessKeyId: id, accessKeySecret: secret, endpoint, apiVersion: "2015-05-01" });
const created = await old.request("CreateServiceLinkedRole", { ServiceName: "mssp.aliyuncs.com" }, { method: "POST" });
const ram = new Ram.default(config);
const sts = new Sts.default(config);
const versions = await ram.listPolicyVersions(
  new Ram.ListPolicyVersionsRequest({ policyName: "AliyunServiceRolePolicyForESAMssp", policyType: "System" }),
);
const session = await sts.assumeRole(
  new Sts.AssumeRoleRequest({
    roleArn: "acs:ram::2222222222222222:role/ResourceDirectoryAccountAccessRole", roleSessionName: "sdk",
  }),
);
const role = await ram.getRole(new Ram.GetRoleRequest({ roleName: ROLE }));

console.log(JSON.stringify({
  "pop-core": created.Role.RoleName,
  "pop-core missing": await code(old.request("GetRole", { RoleName: "Nobody" }, { method: "POST" })),
  role: role.body.role.roleName,
  missing: await code(ram.getRole(new Ram.GetRoleRequest({ roleName: "Nobody" }))),
  versions: versions.body.policyVersions.policyVersion.map((version) => version.versionId),
  session: session.body.credentials.accessKeyId.startsWith("STS."),
  caller: (await sts.getCallerIdentity()).body.accountId,
}));
