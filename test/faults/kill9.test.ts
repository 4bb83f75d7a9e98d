import { setTimeout as sleep } from "node:timers/promises";
import pMap from "p-map";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobStatus } from "../../src/jobs/view.ts";
import { type FakeModel, startFakeModel } from "../../tooling/fake-model.ts";
import { recordFigures } from "../../tooling/figures.ts";
import { keyOf, newSecret } from "../../tooling/fuzz/tenants.ts";
import { seeded } from "../../tooling/random.ts";
import { type SampleService, startSampleService } from "../../tooling/sample-service.ts";
import type { RunningServer } from "../../tooling/servers/running-server.ts";
import { startServer } from "../../tooling/servers/workerd-server.ts";
import { readStatus } from "../../tooling/status-reply.ts";
import { type AnyClient, callTool, connectAuto } from "../support/clients.ts";
import { effectsOf, retriesOf, unduly } from "../support/effects.ts";
import { setting } from "../support/setting.ts";
import { Others } from "./care.ts";
import { pathOfKey, type Shape, shapes } from "./workload.ts";

const CYCLES = setting("KILL_CYCLES");
const SEED = setting("SEED");
const STUCK_MS = 60_000;

let service: SampleService;
let server: RunningServer;
let client: AnyClient;
let model: FakeModel;
let key: string;
let others: Others;

async function connect(): Promise<void> {
  client = await connectAuto(`${server.url}/mcp`, key);
}

beforeAll(async () => {
  service = await startSampleService();
  model = await startFakeModel();
  const AUTH_SECRET = newSecret();
  key = await keyOf("killed", AUTH_SECRET);
  const limits = { MAX_ACTIVE_JOBS: "0", MAX_RUNNING_JOBS: "0", SUBMITS_PER_MINUTE: "0", HOOKS_PER_MINUTE: "0" };
  const ai = { AI_BASE_URL: model.url, AI_MODEL: "fake-1", AI_KEY: "key-of-the-fake" };
  server = await startServer({ AUTH_SECRET, HTTP_ALLOW: new URL(service.url).host, ...limits, ...ai });
  await connect();
  others = new Others((tool, args) => callTool(client, tool, args), service);
});

afterAll(async () => {
  await client?.close();
  await server?.stop();
  await service?.close();
  model?.close();
});

interface Acknowledged {
  id: string;
  shape: Shape;
}

async function statusOf(id: string): Promise<JobStatus> {
  const { structured } = await callTool(client, "jobs_get_status", { job_id: id, include: ["steps", "events"] });
  return readStatus(structured);
}

const isSettled = (status: JobStatus): boolean => ["succeeded", "failed", "cancelled"].includes(status.status);

/** The last that was heard of each job, when all have settled or the time is up. */
async function untilAllSettled(jobs: readonly Acknowledged[]): Promise<Map<string, JobStatus>> {
  const heard = new Map<string, JobStatus>();
  const look = async (job: Acknowledged) => {
    const status = await statusOf(job.id);
    heard.set(job.id, status);
    if (!isSettled(status)) await others.careFor(job.id, job.shape, status);
  };
  let open = jobs;
  // Of many that wait for an answer or a worker each is cared for in its turn: stuck are those of which none gets on for a minute.
  for (let deadline = Date.now() + STUCK_MS; open.length > 0 && Date.now() < deadline; await sleep(250)) {
    const before = open.length;
    await pMap(open, look, { concurrency: 16 });
    open = open.filter(({ id }) => !isSettled(heard.get(id) as JobStatus));
    if (open.length < before) deadline = Date.now() + STUCK_MS;
  }
  return heard;
}

const effects = (id: string) => effectsOf(service, id, pathOfKey);

async function untilTrue(isIt: () => boolean): Promise<void> {
  for (const deadline = Date.now() + STUCK_MS; !isIt() && Date.now() < deadline; ) await sleep(250);
}

/** The retries of a step that its process, not its service, made necessary. */
const interruptions = (status: JobStatus, path: string): number =>
  retriesOf(status, path).filter(({ message }) => message?.startsWith("interrupted")).length;

const interruptionsBySteps = (status: JobStatus): number[] =>
  [...new Set((status.events ?? []).map(({ step }) => step ?? ""))].map((path) => interruptions(status, path));

describe(`kill -9, ${CYCLES} times, in the middle of running jobs (seed ${SEED})`, () => {
  it(
    "loses no acknowledged job, settles each once, runs no reported step again, leaves none stuck",
    async (test) => {
      const random = seeded(SEED);
      const jobs: Promise<Acknowledged>[] = [];
      const midFlight = new Set<string>();
      const mix = shapes(service.url);
      const start = async (shape: Shape, key: string) => ({ shape, id: await others.start(shape, key) });
      await others.begin(mix);
      for (let cycle = 0; cycle < CYCLES; cycle++) {
        const batch = mix.map((shape, i) => start(shape, `${SEED}-${cycle}-${i}`));
        jobs.push(...batch);
        await Promise.race([Promise.all(batch), sleep(3_000)]);
        await sleep(300 + random() * 1_500);
        const { structured } = await callTool(client, "jobs_list", {
          status: ["queued", "running", "input_required"],
          limit: 100,
        });
        for (const { id } of structured.jobs as { id: string }[]) midFlight.add(id);
        await server.kill9();
        await server.restart();
        await client.close().catch(() => undefined);
        await connect();
      }
      const acknowledged = await Promise.all(jobs);
      const heard = await untilAllSettled(acknowledged);

      const settled = new Map([...heard].filter(([, status]) => isSettled(status)));
      const stuck = [...heard.values()].filter((status) => !isSettled(status));
      const otherEnds = acknowledged.filter(
        ({ id, shape }) => settled.has(id) && settled.get(id)?.status !== shape.ends,
      );
      const settledTwice = [...settled.values()].filter(
        (status) => (status.events ?? []).filter((event) => event.type === "settled").length !== 1,
      );
      const missing = acknowledged.filter(({ id, shape }) => shape.effects.some((path) => !effects(id).has(path)));
      const repeated = [...settled.values()].flatMap((status) => unduly(effects(status.id), status));
      const ids = acknowledged.map(({ id }) => id);
      const tellers = acknowledged.flatMap(({ id, shape }) => (shape.name === "values" ? [id] : []));
      await untilTrue(() => others.wronglyFollowed(tellers).length === 0);
      const wronglyFollowed = others.wronglyFollowed(tellers);
      const wronglyTold = await others.wronglyTold(ids);
      const wrongMinutes = await others.wrongMinutes();
      const counts = {
        kills: CYCLES,
        "jobs acknowledged": acknowledged.length,
        "seen in flight": midFlight.size,
        effects: service.effects.length,
        lost: missing.length,
        "wrong ends": otherEnds.length,
        "settled twice": settledTwice.length,
        stuck: stuck.length,
        "finished steps run again": repeated.length,
        "ends not told of once": wronglyTold.length,
        "events not followed by one job": wronglyFollowed.length,
        "minutes not told of once": wrongMinutes.length,
        "most interruptions of a step": Math.max(...[...heard.values()].flatMap(interruptionsBySteps)),
      };
      recordFigures(test, { harness: "crash safety", seed: SEED, counts });
      console.info(JSON.stringify({ seed: SEED, ...counts }));
      // At once, and with their timelines: a run of hours tells of its failures only at its end.
      const offenders = new Set([...missing, ...otherEnds, ...stuck].map(({ id }) => id));
      for (const id of offenders) console.info(JSON.stringify(heard.get(id)));
      const wrong = { stuck, otherEnds, settledTwice, missing, repeated, wronglyTold, wronglyFollowed, wrongMinutes };
      expect(Object.entries(wrong).filter(([, of]) => of.length > 0)).toEqual([]);
      expect(new Set(ids).size).toBe(CYCLES * mix.length);
      expect(midFlight.size).toBeGreaterThan(0.3 * acknowledged.length);
    },
    CYCLES * 20_000 + 2 * STUCK_MS,
  );
});
