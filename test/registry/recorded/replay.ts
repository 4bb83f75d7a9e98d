import { env } from "cloudflare:workers";
import type { Json } from "../../../src/lib/json.ts";
import type { RegistryApi } from "../../../src/registry/api/client.ts";
import { callerOf } from "../bench.ts";
import { Course } from "./course.ts";

/** One call as a release made it, with what it was answered. What differs from run to run stands in braces. */
export interface RecordedCall {
  call: string;
  args: Json[];
  reply: Json;
}

const HOUR_MS = 3_600_000;
/** Of jobs and batches, also inside of a text. */
const IDS = /(?:job|batch)_[0-9a-z]{28}/g;
const HOOK_ID = /^[\w-]{22}$/;
const EVENT_ID = /^evt_[0-9a-z]+$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** Epoch ms of this century; no duration and no size is as large. */
const EPOCH = 1_500_000_000_000;

const isObject = (value: unknown): value is Record<string, Json> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function mapped(value: Json, leaf: (leaf: Json) => Json): Json {
  if (Array.isArray(value)) return value.map((item) => mapped(item, leaf));
  if (!isObject(value)) return leaf(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapped(item, leaf)]));
}

/** Plays recorded calls against an object of its own, over RPC, as the Worker and the runner make them. */
export class Replay {
  readonly #tenant = crypto.randomUUID();
  readonly #ids = new Map<string, string>();

  get stub() {
    return env.JOB_REGISTRY.getByName(`${this.#tenant}/0`);
  }

  /** @returns the answer, with what differs from run to run in braces */
  async play({ call, args }: Pick<RecordedCall, "call" | "args">): Promise<Json> {
    const methods = this.stub as unknown as Record<string, (...args: Json[]) => Promise<Json | undefined>>;
    const reply = await methods[call]?.(...args.map((arg) => mapped(arg, (leaf) => this.#fill(leaf))));
    return mapped(reply ?? null, (leaf) => this.#mask(leaf));
  }

  /** Plays the course of the present build. @returns its calls, as a release records them */
  async record(): Promise<RecordedCall[]> {
    const calls: RecordedCall[] = [];
    const now = Date.now();
    const times = new Map<Json, string>([
      [now, "{now}"],
      [now + HOUR_MS, "{in an hour}"],
    ]);
    const asked = (leaf: Json) => times.get(leaf) ?? this.#unfill(leaf);
    const methods = this.stub as unknown as Record<string, (...args: Json[]) => Promise<Json | undefined>>;
    const noted =
      (call: string) =>
      async (...args: Json[]) => {
        const reply = await methods[call]?.(...args);
        const masked = mapped(reply ?? null, (leaf) => this.#mask(leaf));
        calls.push({ call, args: args.map((arg) => mapped(arg, asked)), reply: masked });
        return reply;
      };
    const registry = new Proxy({}, { get: (_, call) => noted(String(call)) }) as RegistryApi;
    await new Course(registry, callerOf(this.#tenant), now).run();
    return calls;
  }

  #fill(leaf: Json): Json {
    if (leaf === "{tenant}") return this.#tenant;
    if (leaf === "{now}") return Date.now();
    if (leaf === "{in an hour}") return Date.now() + HOUR_MS;
    if (typeof leaf !== "string") return leaf;
    return [...this.#ids].reduce((text, [id, name]) => text.replaceAll(name, id), leaf);
  }

  /** What {@link #fill} fills again: only what an answer has told. */
  #unfill(leaf: Json): Json {
    if (leaf === this.#tenant) return "{tenant}";
    if (typeof leaf !== "string") return leaf;
    return [...this.#ids].reduce((text, [id, name]) => text.replaceAll(id, name), leaf);
  }

  #mask(leaf: Json): Json {
    if (leaf === this.#tenant) return "{tenant}";
    if (typeof leaf === "number") return leaf > EPOCH ? "{epoch}" : leaf;
    if (typeof leaf !== "string") return leaf;
    if (TIME.test(leaf)) return "{time}";
    if (EVENT_ID.test(leaf)) return "{event}";
    if (HOOK_ID.test(leaf)) return this.#named(leaf, "hook");
    return leaf.replace(IDS, (id) => this.#named(id, "job"));
  }

  #named(id: string, kind: string): string {
    const name = this.#ids.get(id) ?? `{${kind} ${this.#ids.size + 1}}`;
    this.#ids.set(id, name);
    return name;
  }
}
