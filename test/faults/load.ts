import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../../src/lib/json.ts";
import { type Call, type EraVersion, send, toolCall } from "../../tooling/raw.ts";
import type { DevServer } from "../../tooling/servers/dev-server.ts";
import { type Memory, memoryOf } from "./memory.ts";
import { type Calls, endSoak, SOAK_COURSES, soakWorld } from "./soak-courses.ts";

const TICK_MS = 100;
const READS_A_TICK = 5;
/** Jobs that are read are younger than this: they cannot have been deleted. */
const READ_WHILE_MS = 12_000;
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
 * All courses of soak-courses.ts, ten submits and fifty reads a second among them, and what the server makes of them. No job
 * reaches the engine, whose local version keeps half a MiB of each instance for ever, also of a bare Workflow of one step.
 * With every call, a bare Worker gets one, which reads a row: what its process keeps is the local runtime's doing.
 */
export class Load {
  /** By course. */
  readonly begun: Record<string, number> = {};
  reads = 0;
  /** Calls that were left out because too many were open. */
  leftOut = 0;
  readonly errors: string[] = [];
  /** Jobs whose end must be told. */
  readonly submitted = new Set<string>();
  readonly samples: Sample[] = [];
  readonly #server: DevServer;
  readonly #bare: DevServer;
  readonly #key: string;
  readonly #random: () => number;
  #jobs: { id: string; at: number }[] = [];
  #openCalls = 0;
  readonly #underWay = new Set<Promise<void>>();

  constructor(server: DevServer, bare: DevServer, key: string, random: () => number) {
    this.#server = server;
    this.#bare = bare;
    this.#key = key;
    this.#random = random;
  }

  /** @param callback of a receiver, which is told of each job that settles */
  async run(ms: number, sampleEveryMs: number, callback: string): Promise<void> {
    const calls = this.#calls();
    const world = await soakWorld(calls, callback);
    const start = performance.now();
    const elapsed = () => performance.now() - start;
    for (let tick = 0; elapsed() < ms; tick++) {
      if ((tick * TICK_MS) % sampleEveryMs === 0) this.#note(this.#sample(elapsed()));
      for (const [name, { every, run }] of Object.entries(SOAK_COURSES)) {
        if (tick % every !== 0) continue;
        if (this.#begin(() => run(calls, world))) this.begun[name] = (this.begun[name] ?? 0) + 1;
      }
      for (let i = 0; i < READS_A_TICK; i++) this.#begin(() => this.#read());
      await sleep(Math.max((tick + 1) * TICK_MS - elapsed(), 0));
    }
    await Promise.all(this.#underWay);
    await endSoak(calls);
  }

  /** @returns whether it was not left out */
  #begin(work: () => Promise<unknown>): boolean {
    const isLeftOut = this.#openCalls >= MOST_OPEN_CALLS;
    if (isLeftOut) this.leftOut += 1;
    else this.#note(work());
    return !isLeftOut;
  }

  #note(work: Promise<unknown>): void {
    const noted = work.then(
      () => undefined,
      (error) => void this.errors.push(String(error)),
    );
    this.#underWay.add(noted);
    void noted.then(() => this.#underWay.delete(noted));
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

  #calls(): Calls {
    return {
      tool: (name, args) => this.#call(name, args),
      post: (url) => this.#counted(async () => (await fetch(url, { method: "POST" })).json() as Promise<JsonObject>),
      send: (method, params) => this.#send(method, { method, params }, "2026-07-28"),
      reading: (id) => {
        this.submitted.add(id);
        this.#jobs.push({ id, at: performance.now() });
      },
    };
  }

  async #call(tool: string, args: JsonObject): Promise<JsonObject> {
    const era: EraVersion = this.#random() < 0.5 ? "2025-11-25" : "2026-07-28";
    const { structuredContent } = await this.#send(tool, toolCall(tool, args), era);
    return (structuredContent ?? {}) as JsonObject;
  }

  async #send(what: string, call: Call, era: EraVersion): Promise<JsonObject> {
    const { status, message } = await this.#counted(() => send(this.#server.url, this.#key, era, call));
    const { result } = message;
    if (status !== 200 || result === undefined || result.isError === true) {
      throw new Error(`${what}: ${status} ${JSON.stringify(message).slice(0, 300)}`);
    }
    return result;
  }

  /** With one of the bare Worker beside it. */
  async #counted<T>(call: () => Promise<T>): Promise<T> {
    this.#openCalls += 1;
    const [answer] = await Promise.all([call(), this.#callBare()]).finally(() => {
      this.#openCalls -= 1;
    });
    return answer;
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
