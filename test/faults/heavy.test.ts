import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type DevServer, startDevServer } from "../../scripts/dev-server.ts";
import { residentBytes } from "../../scripts/process.ts";
import { recordFigures } from "../support/figures.ts";
import { newSecret, newTenant, type Tenant } from "../support/tenants.ts";
import { heavySteps } from "./heavy-plans.ts";

/** What a neighbour may wait, and what the process of all tenants may hold: DESIGN, section 9. */
const MOST_MS = 1_000;
const MOST_MIB = 256;
/** How long each plan is watched, unless it settles before. */
const WATCHED_MS = 3_000;
const PAUSE_MS = 50;
/** An answer that takes longer is taken never to come. */
const HUNG_MS = 10_000;

const AUTH_SECRET = newSecret();
let service: Server;
let server: DevServer;
let hostile: Tenant;
let neighbour: Tenant;
/** A settled job of the neighbour's. */
let own: string;
const worst = { ms: 0, mib: 0 };

beforeAll(async () => {
  service = createServer((_, response) => response.end("fine"));
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  // Few places, since each instance of the local engine takes some MiB that no deployment's Worker has.
  const vars = {
    AUTH_SECRET,
    MAX_RUNNING_JOBS: "3",
    HTTP_ALLOW: `127.0.0.1:${(service.address() as AddressInfo).port}`,
  };
  server = await startDevServer({ vars });
  hostile = await newTenant(server.url, "hostile", AUTH_SECRET);
  neighbour = await newTenant(server.url, "neighbour", AUTH_SECRET);
  own = await neighbour.submit([{ id: "t", type: "transform", value: 1 }], { wait_seconds: 20 });
});

afterEach(() => server?.assertNoCrash());

afterAll(async () => {
  await server?.stop();
  service?.closeAllConnections();
  await new Promise((done) => service?.close(done));
});

/** Milliseconds until the work had its answer. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const health = async () =>
  expect((await fetch(`${server.url}/healthz`, { signal: AbortSignal.timeout(HUNG_MS) })).status).toBe(200);
const status = () => neighbour.tool("jobs_get_status", { job_id: own });

const isSettled = async (id: string): Promise<boolean> =>
  ["succeeded", "failed", "cancelled"].includes(String((await hostile.tool("jobs_get_status", { job_id: id })).status));

/** Asks as a neighbour for a while. @returns the longest wait, in ms, and the most memory, in MiB */
async function beside(id: string): Promise<{ ms: number; mib: number }> {
  const most = { ms: 0, mib: 0 };
  for (const end = performance.now() + WATCHED_MS; performance.now() < end; await sleep(PAUSE_MS)) {
    for (const call of [health, status]) most.ms = Math.max(most.ms, await timed(call));
    const pid = await server.runtimePid();
    most.mib = Math.max(most.mib, (pid === undefined ? 0 : await residentBytes(pid)) / 2 ** 20);
    if (await isSettled(id)) break;
  }
  worst.ms = Math.max(worst.ms, most.ms);
  worst.mib = Math.max(worst.mib, most.mib);
  return most;
}

function expectBearable({ ms, mib }: { ms: number; mib: number }): void {
  expect(ms).toBeLessThan(MOST_MS);
  expect(mib).toBeLessThan(MOST_MIB);
}

const start = (steps: ReturnType<typeof heavySteps>[string]): Promise<string> => hostile.submit(steps);

async function end(id: string): Promise<void> {
  await hostile.tool("jobs_cancel", { job_id: id });
  expect(await isSettled(id)).toBe(true);
}

describe("beside a heavy plan of another tenant", () => {
  const url = () => `http://127.0.0.1:${(service.address() as AddressInfo).port}`;

  for (const name of Object.keys(heavySteps(""))) {
    it(`${name}: nobody waits a second, and memory stays`, async () => {
      const id = await start(heavySteps(url())[name] ?? []);
      const most = await beside(id);
      await end(id);
      expectBearable(most);
    });
  }

  for (const name of ["maps in maps", "three levels of maps", "padded texts"]) {
    it(`${name}: nor after kill -9 and a restart in its middle`, async () => {
      const id = await start(heavySteps(url())[name] ?? []);
      await sleep(500);
      await server.kill9();
      await server.restart();
      const most = await beside(id);
      await end(id);
      expectBearable(most);
    });
  }

  it("the figures are those of this run", (test) => {
    recordFigures(test, {
      harness: "heavy plans",
      seed: null,
      counts: {
        plans: Object.keys(heavySteps("")).length,
        "longest wait, ms": Math.round(worst.ms),
        "most MiB": Math.round(worst.mib),
      },
    });
    expect(worst.ms).toBeGreaterThan(0);
  });
});
