import { expect } from "vitest";
import type {
  Begun,
  Halted,
  Later,
  Stop,
  SubmitRequest,
  Submitted,
  Unkept,
} from "../../../../src/registry/api/caller.ts";
import { aRequest, CALLER, planOf, statusOf, TENANT } from "../../bench.ts";
import type { Mode } from "../hazard.ts";
import { Watch } from "../watch.ts";
import { type Api, UNKNOWN, type World } from "../world.ts";

/** Everything must have recovered within two rings of the alarm, or within the minute that a failed look is put off. */
const MAX_RINGS = 2;
const PUT_OFF_MS = 61_000;
/** An alarm that rings on and on without doing anything. */
const TOO_MANY_RINGS = 20;

export const PLAN = planOf([
  { id: "first", type: "http", url: "https://example.com/1" },
  { id: "second", type: "http", url: "https://example.com/2" },
]);

/** A world in which one point goes wrong, with a caller and a runner who ask again what they do not know. */
export class Stage {
  readonly world: World;
  readonly #point: { at: number; mode: Mode };
  readonly #watch: Watch;
  #rings = 0;
  #safeSince = Number.NEGATIVE_INFINITY;

  constructor(world: World, point: { at: number; mode: Mode }) {
    this.world = world;
    this.#point = point;
    this.#watch = new Watch(world);
  }

  /** Asks until there is an answer. */
  async ask<T>(name: string, act: (api: Api) => Promise<T>): Promise<T> {
    for (let tries = 0; tries < 3; tries++) {
      const reply = await this.world.call(name, act);
      if (reply !== UNKNOWN) return reply;
    }
    throw new Error(`${name}: no answer although only one point goes wrong`);
  }

  async submit(over: Partial<SubmitRequest> = {}): Promise<Submitted> {
    const request = aRequest({ idempotency: { key: "a key", request_hash: "a hash" }, input: { a: 1 }, ...over });
    const reply = await this.ask("submit", (api) => api.caller.submit(CALLER, request));
    if (!reply.ok) throw new Error(JSON.stringify(reply.error));
    this.#watch.acknowledged(reply.value.id);
    return reply.value;
  }

  /** A job that the engine runs. */
  async running(over: Partial<SubmitRequest> = {}): Promise<string> {
    const { id } = await this.submit(over);
    await this.start(id);
    return id;
  }

  /** The engine has the attempt, at the latest when the alarm has rung, and runs it. */
  async start(id: string, attempt = 1): Promise<void> {
    await this.ringUntil(() => this.world.workflow.instances.has(`${id}-${attempt}`));
    const plan = await this.ask("start", (api) => api.runner.start(this.ref(id, attempt)));
    expect(plan.do).toBe("run");
  }

  async begin(id: string, path: string, token: string): Promise<Begun | Halted | Later | Stop | Unkept> {
    return this.ask("begin", (api) => api.runner.begin(this.ref(id), path, token, 30_000, []));
  }

  async finish(id: string, path: string): Promise<void> {
    await this.ask("finish", (api) => api.runner.finish(this.ref(id), path, { from: path }, null));
  }

  async succeed(id: string): Promise<void> {
    await this.ask("settle", (api) => api.runner.settle(this.ref(id), { name: "succeeded", output: { ok: true } }, []));
  }

  async fail(id: string): Promise<void> {
    const outcome = { name: "failed" as const, error: { code: "http_status", message: "500" }, path: "second" };
    await this.ask("settle", (api) => api.runner.settle(this.ref(id), outcome, []));
  }

  ref(id: string, attempt = 1) {
    return { tenant: TENANT, job_id: id, attempt };
  }

  status(id: string) {
    return statusOf(this.world.api, id);
  }

  mayBeGone(id: string): void {
    this.#watch.mayBeGone(id);
  }

  /** Here the point goes wrong. What must hold holds before and afterwards. */
  async danger(act: () => Promise<unknown>): Promise<void> {
    await this.calm();
    const { hazard } = this.world;
    hazard.arm(this.#point.at, this.#point.mode);
    await act();
    await this.world.rest();
    hazard.disarm();
    this.#rings = 0;
    this.#safeSince = this.world.clock.now;
    await this.calm();
  }

  async calm(): Promise<void> {
    const breaks = await this.#watch.breaks();
    if (breaks.length > 0) throw new Error(breaks.join("; "));
  }

  /** The alarm rings until it is reached, which must be soon. */
  async ringUntil(isReached: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isReached())) {
      expect(await this.world.ring()).toBe(true);
      this.#rings += 1;
      const isOver = this.#rings > TOO_MANY_RINGS || this.world.clock.now > this.#safeSince + PUT_OFF_MS;
      if (this.#rings > MAX_RINGS && isOver) throw new Error(`not reached in ${this.#rings} rings`);
      await this.calm();
    }
  }
}
