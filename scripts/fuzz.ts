import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { FUZZ_VARS, fuzz } from "../tooling/fuzz/run.ts";
import { newSecret } from "../tooling/fuzz/tenants.ts";
import { startDevServer } from "../tooling/servers/dev-server.ts";

/** `npm run fuzz -- [--seed <number>] [--requests 10000]`: malformed requests against a real server. */

const { values } = parseArgs({ options: { seed: { type: "string" }, requests: { type: "string", default: "10000" } } });
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
const secret = newSecret();

console.log(`seed ${seed}: npm run fuzz -- --seed ${seed} --requests ${values.requests}`);
const server = await startDevServer({ vars: { AUTH_SECRET: secret, ...FUZZ_VARS } });
try {
  const { requests, statuses, findings } = await fuzz(server, secret, seed, Number(values.requests));
  for (const finding of findings.slice(0, 20)) console.log(finding);
  console.log(`${requests} requests, answers by status ${JSON.stringify(statuses)}, ${findings.length} findings`);
  process.exitCode = findings.length > 0 ? 1 : 0;
} finally {
  await server.stop();
}
