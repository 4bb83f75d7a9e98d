import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KEY_ID_BYTES, newKeyId } from "../../../src/auth/api-key.ts";
import { createKey } from "../../../tooling/create-key.ts";
import { keyOf, newSecret } from "../../../tooling/fuzz/tenants.ts";
import { seeded } from "../../../tooling/random.ts";
import { type SampleService, startSampleService } from "../../../tooling/sample-service.ts";
import { readStatus } from "../../../tooling/status-reply.ts";
import { type AnyClient, bearer, callTool, connectAuto, until, untilSettled } from "../../support/clients.ts";
import { effectsOf, unduly } from "../../support/effects.ts";
import { Listener } from "../../support/listener/listener.ts";
import { setting } from "../../support/setting.ts";
import { Grant } from "./grant.ts";
import { type Middles, middles } from "./middles.ts";
import { SCOPES_OF_0_1_0, startRelease, type Upgradable } from "./release.ts";

/**
 * A server of release 0.1.0 is killed amid its jobs, and this build goes on with what it left: the rows of the registry, and
 * instances of the engine that began under the other runner.
 */

const KILLS = setting("UPGRADE_KILLS");
const SEED = setting("SEED");
const ONCE = { blueprint: "kept@1", idempotency_key: "order 17" };

let service: SampleService;
let plans: Middles;
let up: Upgradable;
let key: string;
let lostKey: string;
let client: AnyClient;
let grant: Grant;
let listener: Listener;
let settled: string;
/** Of one job of each plan. */
const ids: Record<string, string> = {};

const endpoint = () => `${up.server.url}/mcp`;
const restStatus = async () => (await fetch(`${up.server.url}/api/v1/jobs`, { headers: bearer(key) })).status;

async function call(name: string, args: object): Promise<Record<string, unknown>> {
  const { structured, text, isError } = await callTool(client, name, { ...args });
  if (isError) throw new Error(`${name}: ${text}`);
  return structured;
}

const submit = async (args: object): Promise<string> => String((await call("jobs_submit_blueprint", args)).id);

/** Loses a key: whoever finds it is not let in. */
async function revokeOne(secret: string): Promise<void> {
  const keyId = newKeyId(randomBytes(KEY_ID_BYTES));
  const asked = { tenant: "upgraded", scope: ["jobs:read" as const], days: 1, secret };
  lostKey = (await createKey(asked, keyId, Date.now())).key;
  await (await connectAuto(endpoint(), lostKey)).close();
  const headers = { ...bearer(key), "content-type": "application/json" };
  const body = JSON.stringify({ key_id: keyId });
  expect((await fetch(`${up.server.url}/keys/revoke`, { method: "POST", headers, body })).status).toBe(200);
}

/** Jobs of all plans come to their middles, and one is heard of by a listener. */
async function beginJobs(): Promise<void> {
  listener = new Listener(up.server.url, key);
  await listener.until(() => listener.of("ready").length > 0);
  for (const [name, blueprint] of Object.entries(plans.all)) ids[name] = await submit({ blueprint });
  ids.later = await submit({ blueprint: "kept@1", run_at: new Date(Date.now() + 9_000).toISOString() });
  listener.listen(ids.asking ?? "");
  const isAt = async (name: string) => (await call("jobs_get_status", { job_id: ids[name] })).step === "wait";
  for (const name of ["sleeping", "asking", "parent"]) await until(() => isAt(name), `${name} waits`);
  await until(() => service.hits.get("/flaky") === 1, "the first try has failed");
  // Two rows have ended, and of the next two each has acted and waits for its answer.
  const hasBegun = (query: string) => service.requests.some(({ path }) => path.endsWith(query));
  await until(() => ["=acting", "=branch", "=c", "=d"].every(hasBegun), "steps act");
  await listener.until(() => listener.statuses.includes("input_required"));
}

beforeAll(async () => {
  service = await startSampleService();
  plans = middles(service.url);
  const AUTH_SECRET = newSecret();
  key = await keyOf("upgraded", AUTH_SECRET, SCOPES_OF_0_1_0);
  up = await startRelease({ AUTH_SECRET, HTTP_ALLOW: new URL(service.url).host });
  // It came with this build.
  expect(await restStatus()).toBe(404);
  client = await connectAuto(endpoint(), key);
  await call("blueprints_save", { blueprint: plans.short("kept") });
  settled = await submit({ ...ONCE, wait_seconds: 20 });
  grant = new Grant(endpoint(), key);
  await (await grant.connect()).close();
  await revokeOne(AUTH_SECRET);
  await beginJobs();
  await up.upgrade(KILLS, seeded(SEED));
  await client.close().catch(() => undefined);
  client = await connectAuto(endpoint(), key);
}, 120_000);

afterAll(async () => {
  listener?.kill();
  await client?.close().catch(() => undefined);
  await up?.stop();
  await service?.close();
});

const statusOf = async (job_id: string) =>
  readStatus(await call("jobs_get_status", { job_id, include: ["steps", "events"] }));

describe(`a server of release 0.1.0 that becomes one of this build, killed ${KILLS} times while it starts (seed ${SEED})`, () => {
  it("ends jobs that run, sleep, ask, retry, wait for a child or stand amid rows, and does nothing again that was done", async () => {
    expect(await restStatus()).toBe(200);
    const [question] = (await statusOf(ids.asking ?? "")).input_requests;
    const answer = { job_id: ids.asking, request_id: question?.request_id, action: "accept", content: {} };
    await call("jobs_respond", answer);
    for (const [name, id] of Object.entries(ids)) {
      const ended = readStatus(await untilSettled(client, id));
      expect(ended, name).toMatchObject({ status: "succeeded", progress: 1, error: null });
      // Under the keys of 0.1.0.
      const effects = effectsOf(service, id);
      expect([...effects.keys()].sort(), name).toEqual(name === "later" ? ["only"] : plans.effects(name));
      expect(unduly(effects, ended), name).toEqual([]);
    }
    const { jobs } = (await call("jobs_list", {})) as { jobs: { id: string; name: string; status: string }[] };
    const child = jobs.find(({ name }) => name === "child");
    expect(child).toMatchObject({ status: "succeeded" });
    expect([...effectsOf(service, child?.id ?? "").keys()].sort()).toEqual(["inner", "late"]);
  }, 180_000);

  it("tells a listener, who listens again, of the end of its job", async () => {
    await listener.ended;
    expect(listener.of("end").at(-1)).toEqual({ end: "graceful" });
    expect(listener.statuses.at(-1)).toBe("completed");
  }, 60_000);

  it("knows what had settled, and by which key it was asked for", async () => {
    expect(await statusOf(settled)).toMatchObject({ status: "succeeded", result: { status: 200 } });
    expect(await call("jobs_submit_blueprint", ONCE)).toMatchObject({ id: settled, deduplicated: true });
  });

  it("has saved blueprints in the versions that they had, and runs jobs of them", async () => {
    const kept = { blueprint: plans.short("kept") };
    expect(await call("blueprints_save", kept)).toMatchObject({ name: "kept", version: 1 });
    const id = await submit({ blueprint: "kept@1", wait_seconds: 20 });
    expect(await untilSettled(client, id)).toMatchObject({ status: "succeeded" });
  });

  it("lets a client in that has a grant, also when its token is over, and does not ask the owner again", async () => {
    for (const forget of [() => undefined, () => grant.forgetAccessToken()]) {
      forget();
      const granted = await grant.connect();
      const { structured } = await callTool(granted, "jobs_get_status", { job_id: settled });
      expect(structured).toMatchObject({ id: settled, status: "succeeded" });
      await granted.close();
    }
    expect(grant.timesAsked).toBe(1);
  });

  it("refuses a key that was revoked", async () => {
    const url = `${up.server.url}/api/v1/jobs`;
    expect((await fetch(url, { headers: bearer(lostKey) })).status).toBe(401);
  });
});
