import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordFigures } from "../../tooling/figures.ts";
import { keyOf, newSecret } from "../../tooling/fuzz/tenants.ts";
import { seeded } from "../../tooling/random.ts";
import { type DevServer, startDevServer } from "../../tooling/servers/dev-server.ts";
import { killAmidStart } from "../../tooling/servers/running-server.ts";
import { type Receiver, startReceiver } from "../../tooling/services/receiver.ts";
import { callTool, connectAuto } from "../support/clients.ts";
import { setting } from "../support/setting.ts";
import { Load, type Sample, slope } from "./load.ts";
import { KEPT_FOR_A_TIME, mostRows, SOAK_EVENTS_KEPT } from "./soak-courses.ts";
import { type TableSize, tableSizes } from "./stored-rows.ts";

const MINUTES = setting("SOAK_MINUTES");
const SEED = setting("SEED");
const BOOT_KILLS = setting("BOOT_KILLS");
const HOUR_MS = 3_600_000;
const MIB = 1024 * 1024;
/** Growth is judged when caches, and what is kept by number, are full, and only over a time in which a leak would show. */
const WARM_AFTER = Math.min(10 * 60_000, (MINUTES * 60_000) / 4);
const JUDGED_FROM_MINUTES = 30;
/** In percent of what is held. */
const MOST_GROWTH_PER_HOUR = 5;

/** Each of two servers, also on a machine that does other things. */
const START_WITHIN_MS = 60_000;

/** After the last job has ended. */
const TOLD_WITHIN_MS = 30_000;

/** A sample stops the server to collect all garbage first, so it is not taken more often. */
const SAMPLE_EVERY_MS = 30_000;

type Measure = Exclude<keyof Sample, "at">;

const most = (samples: readonly Sample[], of: Measure) => Math.max(...samples.map((sample) => sample[of]));

/** Bytes an hour. */
const growth = (samples: readonly Sample[], of: Measure) =>
  slope(samples.map((sample) => [sample.at / HOUR_MS, sample[of]]));

const mean = (samples: readonly Sample[], of: Measure) =>
  samples.reduce((sum, sample) => sum + sample[of], 0) / samples.length;

/** Job ids of the deliveries, each of which tells of one end. */
function jobsTold({ received }: Receiver): Set<string> {
  const told = received.map(({ text }) => JSON.parse(text).data?.job_id as string | undefined);
  return new Set(told.filter((id) => id !== undefined));
}

/** Tables with more rows than may be left, and how many those are. */
function tooMany(tables: Map<string, TableSize>, ended: number, changes = 0): object {
  const over = [...tables].filter(([name, { rows }]) => rows > mostRows(name, ended, changes));
  return Object.fromEntries(over.map(([name, { rows }]) => [name, rows]));
}

let server: DevServer;
let bare: DevServer;
let receiver: Receiver;
let key: string;
beforeAll(async () => {
  receiver = await startReceiver();
  const AUTH_SECRET = newSecret();
  key = await keyOf("soak", AUTH_SECRET);
  const limits = { SUBMITS_PER_MINUTE: "0", HOOKS_PER_MINUTE: "0", MAX_ACTIVE_JOBS: "0", MAX_RUNNING_JOBS: "1" };
  const events = { EVENTS_ALLOW: receiver.url, EVENTS_KEPT: `${SOAK_EVENTS_KEPT}` };
  server = await startDevServer({ vars: { AUTH_SECRET, ...limits, ...events } });
  bare = await startDevServer({ worker: { name: "bare", config: "test/faults/bare/wrangler.toml" } });
}, 2 * START_WITHIN_MS);
afterAll(() => Promise.all([server?.stop(), bare?.stop(), receiver?.close()]));

describe(`under load (seed ${SEED})`, () => {
  it(
    `for ${MINUTES} minutes: no error, each end is told, nothing is left, and neither memory nor the database grows on`,
    async (test) => {
      const load = new Load(server, bare, key, seeded(SEED));
      await load.run(MINUTES * 60_000, SAMPLE_EVERY_MS, `${receiver.url}/soak`);
      const { samples, begun, reads, leftOut, errors, submitted } = load;
      const untold = () => [...submitted.difference(jobsTold(receiver))];
      for (const end = Date.now() + TOLD_WITHIN_MS; untold().length > 0 && Date.now() < end; ) await sleep(1_000);
      const deliveries = receiver.received.length;
      await server.kill9();
      const tables = tableSizes(server);
      await server.restart();
      console.info(JSON.stringify(samples.map((sample) => Object.values(sample).map(Math.round))));
      const warm = samples.filter(({ at }) => at > WARM_AFTER);
      const heap = growth(warm, "liveHeapBytes");
      const [resident, bareResident] = [growth(warm, "residentBytes"), growth(warm, "bareResidentBytes")];
      const heapPercent = (100 * heap) / mean(warm, "liveHeapBytes");
      const beyondPercent = (100 * (resident - bareResident)) / mean(warm, "residentBytes");
      const keptBytes = KEPT_FOR_A_TIME.reduce((sum, name) => sum + (tables.get(name)?.bytes ?? 0), 0);
      const last = samples.at(-1)?.at ?? 0;
      const beside = samples.map((one) => ({ ...one, databaseBytes: one.databaseBytes - (keptBytes * one.at) / last }));
      const third = Math.floor(samples.length / 3);
      const middle = most(beside.slice(third, 2 * third), "databaseBytes");
      const end = most(beside.slice(2 * third), "databaseBytes");
      recordFigures(test, {
        harness: "soak",
        seed: SEED,
        counts: {
          minutes: MINUTES,
          ...begun,
          reads,
          deliveries,
          "calls left out": leftOut,
          errors: errors.length,
          "ends not told": untold().length,
          "most live heap (MiB)": most(warm, "liveHeapBytes") / MIB,
          "its growth after the warm-up (% an hour)": heapPercent,
          "most resident memory of the runtime (MiB)": most(warm, "residentBytes") / MIB,
          "its growth (MiB an hour)": resident / MIB,
          "growth of a bare Worker's (MiB an hour)": bareResident / MIB,
          "growth beyond that (% an hour)": beyondPercent,
          "kept of jobs that are gone (MiB)": keptBytes / MIB,
          "most database beside it in the second third (MiB)": middle / MIB,
          "most database beside it in the last third (MiB)": end / MIB,
        },
      });
      expect(errors.slice(0, 5)).toEqual([]);
      expect(begun["a job"]).toBeGreaterThan(MINUTES * 60);
      expect(deliveries).toBeGreaterThan(MINUTES * 60);
      expect(untold()).toEqual([]);
      expect(tooMany(tables, jobsTold(receiver).size, begun["a trigger that is changed"])).toEqual({});
      if (MINUTES < JUDGED_FROM_MINUTES) return;
      expect(end).toBeLessThanOrEqual(1.2 * middle);
      expect(Math.max(heapPercent, beyondPercent)).toBeLessThanOrEqual(MOST_GROWTH_PER_HOUR);
    },
    MINUTES * 60_000 + 240_000,
  );
});

describe(`kill -9 in the middle of a start, ${BOOT_KILLS} times (seed ${SEED})`, () => {
  it(
    "loses nothing",
    async (test) => {
      const random = seeded(SEED);
      const ids: string[] = [];
      const client = await connectAuto(`${server.url}/mcp`, key);
      const run_at = new Date(Date.now() + 86_400_000).toISOString();
      for (let i = 0; i < 20; i++) {
        const blueprint = { name: "kept", steps: [{ id: "end", type: "transform", value: i }] };
        ids.push(String((await callTool(client, "jobs_submit_blueprint", { blueprint, run_at })).structured.id));
      }
      await client.close().catch(() => undefined);
      for (let kill = 0; kill < BOOT_KILLS; kill++) await killAmidStart(server, 500 + random() * 2_500);
      await server.restart();
      const again = await connectAuto(`${server.url}/mcp`, key);
      const lost: string[] = [];
      for (const job_id of ids) {
        const { structured } = await callTool(again, "jobs_get_status", { job_id });
        if (structured.status !== "queued") lost.push(job_id);
      }
      await again.close();
      recordFigures(test, {
        harness: "kill -9 in the middle of a start",
        seed: SEED,
        counts: { kills: BOOT_KILLS, jobs: ids.length, lost: lost.length },
      });
      expect(lost).toEqual([]);
    },
    BOOT_KILLS * 20_000 + 60_000,
  );
});
