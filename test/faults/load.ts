import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../../src/lib/json.ts";
import { type EraVersion, send, toolCall } from "../../tooling/raw.ts";
import type { DevServer } from "../../tooling/servers/dev-server.ts";
import { type Memory, memoryOf } from "./memory.ts";

const TICK_MS = 100;
const READS_A_TICK = 5;
const CANCELLED_AFTER_MS = 3_000;
/** Jobs that are read are younger than this: they cannot have been deleted. */
const READ_WHILE_MS = 12_000;
/** After it was cancelled, so that the database must stop growing. */
const DELETED_AFTER_MS = 20_000;
/** A machine that cannot keep up is asked for less: each open call holds files of the local runtime, which it may not have. */
const MOST_OPEN_CALLS = 48;

export interface Sample extends Memory {
  /** Ms since the start. */
  at: number;
  databaseBytes: number;
  /** What the process of the bare Worker holds. */
  bareResidentBytes: number;
}

/**
 * Ten submits and fifty reads a second, and what the server makes of them. No job reaches the engine, whose local version
 * keeps half a MiB of each instance for ever, also of a bare Workflow of one step: they wait until they are cancelled.
 * With every call, a bare Worker gets one, which reads a row: what its process keeps is the local runtime's doing.
 */
export class Load {
  submits = 0;
  reads = 0;
  /** Calls that were left out because too many were open. */
  leftOut = 0;
  readonly errors: string[] = [];
  readonly samples: Sample[] = [];
  readonly #server: DevServer;
  readonly #bare: DevServer;
  readonly #random: () => number;
  #jobs: { id: string; at: number }[] = [];
  #openCalls = 0;
  readonly #underWay = new Set<Promise<void>>();

  constructor(server: DevServer, bare: DevServer, random: () => number) {
    this.#server = server;
    this.#bare = bare;
    this.#random = random;
  }

  async run(ms: number, sampleEveryMs: number): Promise<void> {
    const start = performance.now();
    const elapsed = () => performance.now() - start;
    for (let tick = 0; elapsed() < ms; tick++) {
      if ((tick * TICK_MS) % sampleEveryMs === 0) this.#note(this.#sample(elapsed()));
      this.#begin(() => this.#submit());
      for (let i = 0; i < READS_A_TICK; i++) this.#begin(() => this.#read());
      await sleep(Math.max((tick + 1) * TICK_MS - elapsed(), 0));
    }
    await Promise.all(this.#underWay);
  }

  #begin(work: () => Promise<unknown>): void {
    if (this.#openCalls >= MOST_OPEN_CALLS) {
      this.leftOut += 1;
      return;
    }
    this.#note(work());
  }

  #note(work: Promise<unknown>): void {
    const noted = work.then(
      () => undefined,
      (error) => void this.errors.push(String(error)),
    );
    this.#underWay.add(noted);
    void noted.then(() => this.#underWay.delete(noted));
  }

  async #submit(): Promise<void> {
    this.submits += 1;
    const run_at = new Date(Date.now() + 86_400_000).toISOString();
    const blueprint = { name: "soak", steps: [{ id: "end", type: "transform", value: 7 }] };
    const job = await this.#call("jobs_submit_blueprint", { blueprint, run_at });
    const id = String(job.id);
    this.#jobs.push({ id, at: performance.now() });
    await sleep(CANCELLED_AFTER_MS);
    await this.#call("jobs_cancel", { job_id: id });
    await sleep(DELETED_AFTER_MS);
    await this.#call("jobs_delete", { job_id: id });
  }

  async #read(): Promise<void> {
    const oldest = performance.now() - READ_WHILE_MS;
    this.#jobs = this.#jobs.filter(({ at }) => at > oldest);
    const id = this.#jobs[Math.floor(this.#random() * this.#jobs.length)]?.id;
    if (id === undefined) return;
    this.reads += 1;
    const kind = this.#random();
    if (kind < 0.2) await this.#call("jobs_list", { limit: 20 });
    else if (kind < 0.3) await this.#call("jobs_wait", { job_ids: [id], timeout_seconds: 0 });
    else await this.#call("jobs_get_status", { job_id: id, include: ["steps", "events"] });
  }

  async #call(tool: string, args: JsonObject): Promise<JsonObject> {
    const era: EraVersion = this.#random() < 0.5 ? "2025-11-25" : "2026-07-28";
    this.#openCalls += 1;
    const calls = [send(this.#server.url, "none", era, toolCall(tool, args)), this.#callBare()] as const;
    const [{ status, message }] = await Promise.all(calls).finally(() => {
      this.#openCalls -= 1;
    });
    const result = message.result as { isError?: boolean; structuredContent?: JsonObject } | undefined;
    if (status !== 200 || result === undefined || result.isError === true) {
      throw new Error(`${tool}: ${status} ${JSON.stringify(message).slice(0, 300)}`);
    }
    return result.structuredContent ?? {};
  }

  async #callBare(): Promise<void> {
    const response = await fetch(this.#bare.url);
    const { id } = (await response.json()) as { id?: string };
    if (id !== "first") throw new Error(`the bare Worker: ${response.status}`);
  }

  async #sample(at: number): Promise<void> {
    const memory = await memoryOf(this.#server);
    const bare = await memoryOf(this.#bare);
    const databaseBytes = await bytesOf(join(this.#server.stateDir, "v3", "do"), "JobRegistry");
    this.samples.push({ at, ...memory, databaseBytes, bareResidentBytes: bare.residentBytes });
  }
}

/** Size of all files below the folder whose path has the part. */
async function bytesOf(folder: string, part: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = files
    .filter((file) => file.includes(part))
    .map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Growth of a line through the points, in units of y for each unit of x. */
export function slope(points: readonly [x: number, y: number][]): number {
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const rise = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return rise / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}
