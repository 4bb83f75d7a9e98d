import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { recordFigures } from "../../tooling/figures.ts";
import { newSecret, newTenant, type Tenant } from "../../tooling/fuzz/tenants.ts";
import { seeded } from "../../tooling/random.ts";
import type { RunningServer } from "../../tooling/servers/running-server.ts";
import { startServer } from "../../tooling/servers/workerd-server.ts";
import { type Receiver, startReceiver } from "../../tooling/services/receiver.ts";
import { setting } from "../support/setting.ts";
import { stayAway } from "./stored-rows.ts";

/**
 * What plans tell while their server is killed, and its shards are raised from 1 to 4 in the middle: a reader of the log and
 * a callback hear of all of it, once and in order, and a trigger starts one job for each end.
 */

const KILLS = setting("EVENT_KILLS");
const SEED = setting("SEED");
const JOBS_AT_ONCE = 3;
const EVENTS_OF_JOB = 20;
const LATEST_KILL_MS = 600;
const NAME = "tick.made";
const FOLLOWER = "follower";

const numbers = Array.from({ length: EVENTS_OF_JOB }, (_, n) => n);
const PLAN: JsonObject = {
  name: "ticks",
  steps: [
    {
      id: "each",
      type: "map",
      over: "{% $input.numbers %}",
      concurrency: 1,
      steps: [{ id: "tell", type: "emit", event: NAME, data: { job: "{% $input.job %}", n: "{% $item %}" } }],
    },
  ],
};

let server: RunningServer;
let receiver: Receiver;
let tenant: Tenant;
let vars: Record<string, string>;

beforeAll(async () => {
  const AUTH_SECRET = newSecret();
  receiver = await startReceiver();
  const limits = { MAX_ACTIVE_JOBS: "0", MAX_RUNNING_JOBS: "0", SUBMITS_PER_MINUTE: "0" };
  vars = { AUTH_SECRET, EVENTS_ALLOW: receiver.url, ...limits };
  server = await startServer({ ...vars, REGISTRY_SHARDS: "1" });
  tenant = await newTenant(server.url, "ticks", AUTH_SECRET);
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

const submit = (job: string) =>
  tenant.tool("jobs_submit_blueprint", { blueprint: PLAN, input: { job, numbers }, idempotency_key: job });

/** Whoever has no answer submits again. */
async function again(job: string): Promise<string> {
  for (let tries = 0; tries < 50; tries++) {
    const submitted = await submit(job).catch(() => undefined);
    if (submitted !== undefined) return String(submitted.id);
    await sleep(100);
  }
  throw new Error(`${job} was not accepted`);
}

interface Tick {
  id: string;
  job: string;
  n: number;
}

const tickOf = (id: unknown, data: JsonObject): Tick => ({ id: String(id), job: String(data.job), n: Number(data.n) });

async function readAll(from: string): Promise<Tick[]> {
  const ticks: Tick[] = [];
  for (let cursor = from; ; ) {
    const page = await tenant.tool("events_read", { cursor, names: [NAME], limit: 100 });
    expect(page.truncated).toBe(false);
    ticks.push(...(page.events as JsonObject[]).map(({ event_id, data }) => tickOf(event_id, data as JsonObject)));
    cursor = String(page.next_cursor);
    if (page.has_more !== true) return ticks;
  }
}

/** As they came, each at its first time. */
function delivered(): Tick[] {
  const ticks = new Map<unknown, Tick>();
  for (const { text } of receiver.received) {
    const { eventId, data } = JSON.parse(text) as JsonObject;
    if (eventId !== undefined && !ticks.has(eventId)) ticks.set(eventId, tickOf(eventId, data as JsonObject));
  }
  return [...ticks.values()];
}

/** Of all jobs that followed one: the id of that, as each was told. */
async function followed(): Promise<string[]> {
  const of: string[] = [];
  for (const job_id of await tenant.jobs({ trigger: FOLLOWER })) {
    const { result } = await tenant.tool("jobs_get_status", { job_id });
    of.push(String((result as JsonObject | null | undefined)?.whom ?? "not settled"));
  }
  return of.sort();
}

const inOrder = (ticks: readonly Tick[]): Record<string, number[]> =>
  Object.fromEntries(
    Object.entries(Object.groupBy(ticks, ({ job }) => job)).map(([job, of = []]) => [job, of.map(({ n }) => n)]),
  );

it(`no event is lost, told twice or out of order, over ${KILLS} kills`, async (test) => {
  const random = seeded(SEED);
  const follow = [{ id: "whom", type: "transform", value: { whom: "{% $input.event.data.job_id %}" } }];
  await tenant.tool("triggers_save", {
    name: FOLLOWER,
    blueprint: { name: FOLLOWER, steps: follow },
    event: { name: "job.settled", filter: { name: "ticks" } },
  });
  // A name can be asked for once a plan has told something under it.
  const first = await tenant.tool("jobs_submit_blueprint", {
    blueprint: PLAN,
    input: { job: "first", numbers: [0] },
    wait_seconds: 30,
  });
  const from = String((await tenant.tool("events_read", {})).next_cursor);
  const delivery = { mode: "webhook", url: `${receiver.url}/cb`, secret: `whsec_${btoa("a".repeat(32))}` };
  await tenant.send({ method: "events/subscribe", params: { name: NAME, arguments: {}, delivery } }, "2026-07-28");

  const jobs: string[] = [];
  const ids: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const names = Array.from({ length: JOBS_AT_ONCE }, (_, i) => `${kill}-${i}`);
    jobs.push(...names);
    const sent = names.map((job) => submit(job).catch(() => undefined));
    await sleep(Math.floor(random() * LATEST_KILL_MS));
    await server.kill9();
    await Promise.all(sent);
    await server.restart({ ...vars, REGISTRY_SHARDS: kill < KILLS / 2 ? "1" : "4" });
    ids.push(...(await Promise.all(names.map(again))));
  }
  await stayAway(server);
  for (const job_id of ids) {
    await expect
      .poll(() => tenant.tool("jobs_wait", { job_ids: [job_id], timeout_seconds: 30 }), { timeout: 120_000 })
      .toMatchObject({ jobs: [{ status: "succeeded" }] });
  }
  const expected = Object.fromEntries(jobs.map((job) => [job, numbers]));
  const read = await readAll(from);
  expect(inOrder(read)).toEqual(expected);
  // Seldom: whoever counts them all cannot take the next one meanwhile.
  await expect.poll(() => delivered().length, { timeout: 120_000, interval: 1_000 }).toBe(read.length);
  expect(inOrder(delivered())).toEqual(expected);
  const named = ({ id, job, n }: Tick) => `${id} ${job} ${n}`;
  expect(delivered().map(named).sort()).toEqual(read.map(named).sort());
  const ended = [String(first.id), ...ids].sort();
  await expect.poll(followed, { timeout: 120_000, interval: 2_000 }).toEqual(ended);
  const posts = receiver.received.filter(({ text }) => text.includes("eventId")).length;
  const counts = {
    kills: KILLS,
    events: read.length,
    "jobs that followed one": ended.length,
    "posted again": posts - read.length,
    "lost, double or out of order": 0,
  };
  recordFigures(test, { harness: "events over kill -9", seed: SEED, counts });
}, 3_600_000);
