import { abortAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import type { McpDeps } from "../../../src/mcp/deps.ts";
import type { RunnerApi } from "../../../src/registry/api/caller.ts";
import { type Ask, askAs, registryOf } from "../../../src/registry/api/client.ts";
import { aRequest } from "../../registry/bench.ts";
import { framesOf, modernReply, world } from "../support.ts";

/** Streams over real objects: what is said here was sent over RPC. */

const LATER = Date.UTC(2040, 0, 1);
const KEY = "key_0123456789abcdef01234567";
const OTHER_KEY = "key_ffffffffffffffffffffffff";
const QUESTION = {
  request_id: "q1",
  message: "Go?",
  schema: { type: "object" },
  timeout_ms: 3_600_000,
  fallback: null,
};
const TASKS: JsonObject = { extensions: { "io.modelcontextprotocol/tasks": {} } };
const LIFE = ["working", "working", "input_required", "completed"];

let log: MockInstance<typeof console.log>;
beforeEach(() => {
  log = vi.spyOn(console, "log").mockImplementation(() => {});
});
afterEach(() => log.mockRestore());

interface Place {
  deps: McpDeps;
  /** While it is, the Worker cannot reach its object. */
  isCutOff: boolean;
  id: string;
  /** What the object said last of how many listeners it has. */
  listeners: () => number;
  /** Brings the job on, as its runner does: running, input_required, failed. */
  goOn: (times: number) => Promise<void>;
  revoke: (keyId: string) => Promise<void>;
}

/** A tenant of its own, with one job that nobody but the test runs. */
async function aPlace(keyId: string | null = null): Promise<Place> {
  const tenant = `t-${crypto.randomUUID()}`;
  const registry = () => registryOf(env.JOB_REGISTRY, tenant, 0);
  const as = (key_id: string | null) => askAs(env.JOB_REGISTRY, { tenant, key_id, actor: key_id });
  const submitted = await as(null)(0, (object, caller) => object.submit(caller, aRequest({ run_at: LATER })));
  if (!submitted.ok) throw new Error(submitted.error.code);
  const { id } = submitted.value;
  const run = { tenant, job_id: id, attempt: 1 };
  const life: ((runner: RunnerApi) => Promise<unknown>)[] = [
    (runner) => runner.start(run),
    (runner) => runner.ask(run, "first", QUESTION, []),
    (runner) => runner.settle(run, { name: "failed", error: { code: "test", message: "Enough." }, path: null }, []),
  ];
  const object = env.JOB_REGISTRY.idFromName(`${tenant}/0`).toString();
  const ask: Ask = async (shard, call) => {
    if (place.isCutOff) throw new Error("no connection");
    return as(keyId)(shard, call);
  };
  const place: Place = {
    deps: world({ tenant, ask }).deps,
    isCutOff: false,
    id,
    listeners: () => {
      const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)));
      return lines.findLast((line) => line.object === object && "listeners" in line)?.listeners ?? 0;
    },
    goOn: async (times) => {
      for (const act of life.splice(0, times)) await act(registry());
    },
    revoke: (key) => as(null)(0, (object, caller) => object.revokeKey(caller, key, Date.now())),
  };
  return place;
}

/** A client's side of one stream. */
class Stream {
  readonly frames: JsonObject[] = [];
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  get statuses(): unknown[] {
    const tasks = this.frames.filter(({ method }) => method === "notifications/tasks");
    return tasks.map(({ params }) => (params as JsonObject).status);
  }

  /** Reads until there are so many frames, or to the end. */
  async upTo(count: number): Promise<this> {
    while (this.frames.length < count) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      this.#text += new TextDecoder().decode(value);
      this.frames.splice(0, this.frames.length, ...framesOf(this.#text));
    }
    return this;
  }

  rest = () => this.upTo(Number.POSITIVE_INFINITY);
  drop = () => this.#reader.cancel();
}

async function listen({ deps, id }: Place): Promise<Stream> {
  const params = { notifications: { taskIds: [id] }, _meta: { "io.modelcontextprotocol/clientCapabilities": TASKS } };
  const { body } = await modernReply(deps, "subscriptions/listen", params);
  if (body === null) throw new Error("no stream");
  return new Stream(body);
}

const ACK_AND_STATE = 2;

describe("a stream over a real object", () => {
  it("brings every status, and frees its listener at the end", async () => {
    const place = await aPlace();
    const stream = await (await listen(place)).upTo(ACK_AND_STATE);
    expect(place.listeners()).toBe(1);
    await place.goOn(3);
    expect((await stream.rest()).statuses).toEqual(LIFE);
    await expect.poll(() => place.listeners()).toBe(0);
  });

  it.each([
    [1, 1],
    [2, 1],
    [0, 3],
  ])("goes on exactly where it was when its object dies behind change %i and misses %i", async (before, missed) => {
    const place = await aPlace();
    const stream = await (await listen(place)).upTo(ACK_AND_STATE);
    await place.goOn(before);
    await stream.upTo(ACK_AND_STATE + before);
    place.isCutOff = true;
    await abortAllDurableObjects();
    await place.goOn(missed);
    place.isCutOff = false;
    await place.goOn(3);
    expect((await stream.rest()).statuses).toEqual(LIFE);
  });

  it("survives its object again and again", async () => {
    const place = await aPlace();
    const stream = await (await listen(place)).upTo(ACK_AND_STATE);
    for (let change = 1; change <= 3; change++) {
      await abortAllDurableObjects();
      await place.goOn(1);
      await stream.upTo(ACK_AND_STATE + change);
    }
    expect((await stream.rest()).statuses).toEqual(LIFE);
  });

  it("frees its listener when its client goes", async () => {
    const place = await aPlace();
    const [one, two] = [await listen(place), await listen(place)];
    await Promise.all([one.upTo(ACK_AND_STATE), two.upTo(ACK_AND_STATE)]);
    expect(place.listeners()).toBe(2);
    await one.drop();
    await expect.poll(() => place.listeners()).toBe(1);
    await two.drop();
    await expect.poll(() => place.listeners()).toBe(0);
  });

  it("ends when its key is revoked; those of other keys go on", async () => {
    const place = await aPlace(KEY);
    const stream = await (await listen(place)).upTo(ACK_AND_STATE);
    await place.revoke(OTHER_KEY);
    await place.goOn(1);
    await stream.upTo(ACK_AND_STATE + 1);
    await place.revoke(KEY);
    await stream.rest();
    await place.goOn(2);
    expect(stream.statuses).toEqual(["working", "working"]);
    expect(stream.frames.at(-1)).toMatchObject({ error: { message: expect.stringContaining("was revoked") } });
    expect(place.listeners()).toBe(0);
  });
});
