import { CATALOG } from "../../../src/catalog/index.ts";
import { Secrets } from "../../../src/egress/secrets.ts";
import type { RunParams } from "../../../src/env.ts";
import type { RunnerApi } from "../../../src/registry/api/caller.ts";
import type { EngineStep, RunnerPorts } from "../../../src/runner/ports.ts";
import { runBlueprint } from "../../../src/runner/run-blueprint.ts";
import { held, type Life, type SimClock } from "./clock.ts";
import type { Dice } from "./dice.ts";

type Status = "queued" | "running" | "waiting" | "complete" | "errored" | "terminated";

/** What an instance lives in. */
export interface Surroundings {
  clock: SimClock;
  dice: Dice;
  /** The way to the registry, for one life of an instance. */
  line: (life: Life) => RunnerApi;
  fetch: RunnerPorts["fetch"];
  newToken: () => string;
}

/**
 * One instance at the engine: the real interpreter over steps whose results are kept. Its process may die at any step;
 * then it lies asleep until it is woken, and goes on from what was kept.
 */
export class SimInstance {
  status: Status = "queued";
  readonly #params: RunParams;
  readonly #world: Surroundings;
  #life: Life = { id: "", alive: false };
  /** What survives the process: results by step name, ends of sleeps and waits, events nobody has taken. */
  readonly #results = new Map<string, unknown>();
  readonly #ends = new Map<string, number>();
  readonly #events: string[] = [];
  #takers: { type: string; take: () => void }[] = [];
  #acting = 0;
  #resting = 0;

  constructor(params: RunParams, world: Surroundings) {
    this.#params = params;
    this.#world = world;
  }

  get isOver(): boolean {
    return ["complete", "errored", "terminated"].includes(this.status);
  }

  get isAsleep(): boolean {
    return !this.isOver && !this.#life.alive;
  }

  /** Starts, or goes on after its process died. */
  wake(): void {
    if (!this.isAsleep) return;
    const life = { id: this.#world.newToken(), alive: true };
    this.#life = life;
    this.#takers = [];
    this.#acting = 0;
    this.#resting = 0;
    this.status = "running";
    const { clock, line, fetch, newToken } = this.#world;
    const ports: RunnerPorts = {
      registry: () => this.#mortal(life, line(life)),
      step: this.#steps(life),
      fetch: (url, init) => this.#perilous(life, () => held(life, fetch(url, init))),
      secrets: new Secrets([]),
      knowSecrets: async () => undefined,
      userAgent: "edge-jobs/test",
      blueprint: async () => undefined,
      emit: async () => {
        throw new Error("no blueprint of the harness emits");
      },
      store: async () => {
        throw new Error("no blueprint of the harness stores");
      },
      publicOrigin: null,
      linkToken: async () => {
        throw new Error("no blueprint of the harness has links");
      },
      handlers: CATALOG.handlers,
      now: () => clock.now,
      random: () => 0,
      process: () => life.id,
      newToken,
      pause: (ms) => held(life, clock.sleep(ms)),
    };
    held(life, runBlueprint(ports, this.#params)).then(
      () => this.#end("complete"),
      () => this.#end("errored"),
    );
  }

  /** The process dies. */
  crash(): void {
    this.#life.alive = false;
  }

  terminate(): void {
    this.#end("terminated");
  }

  send(type: string): void {
    this.wake();
    const taker = this.#takers.findIndex((waiting) => waiting.type === type);
    if (taker === -1) this.#events.push(type);
    else for (const { take } of this.#takers.splice(taker, 1)) take();
  }

  #end(status: Status): void {
    if (this.isOver) return;
    this.crash();
    this.status = status;
  }

  #steps(life: Life): EngineStep {
    return {
      do: (name, config, act) => held(life, this.#do(life, name, config, act)),
      sleep: (name, duration) => held(life, this.#sleep(life, name, duration)),
      waitForEvent: (name, options) => held(life, this.#waitForEvent(life, name, options)),
    };
  }

  async #do<T>(life: Life, name: string, config: Parameters<EngineStep["do"]>[1], act: () => Promise<T>): Promise<T> {
    if (this.#results.has(name)) return this.#results.get(name) as T;
    for (let tries = 0; ; tries++) {
      if (this.#dies(life, 0.02)) return new Promise(() => undefined);
      try {
        const result = await this.#act(config.timeout, act);
        // Dead here, the act is done and the engine does not know it.
        if (this.#dies(life, 0.03)) return new Promise(() => undefined);
        if (life.alive) this.#results.set(name, result);
        return result;
      } catch (error) {
        if (tries >= config.retries.limit) throw error;
        await held(life, this.#world.clock.sleep(config.retries.delay));
      }
    }
  }

  async #act<T>(timeoutMs: number, act: () => Promise<T>): Promise<T> {
    this.#acting += 1;
    this.status = "running";
    const { promise: late, reject } = Promise.withResolvers<never>();
    const callOff = this.#world.clock.after(timeoutMs, () => reject(new Error("the step timed out")));
    try {
      return await Promise.race([act(), late]);
    } finally {
      callOff();
      this.#acting -= 1;
    }
  }

  async #sleep(life: Life, name: string, duration: number): Promise<void> {
    if (!(duration > 0)) throw new Error("a sleep must be longer than nothing");
    const end = this.#endOf(name, duration);
    await this.#rest(life, this.#world.clock.sleep(Math.max(end - this.#world.clock.now, 0)));
  }

  #endOf(name: string, duration: number): number {
    const end = this.#ends.get(name) ?? this.#world.clock.now + duration;
    this.#ends.set(name, end);
    return end;
  }

  async #waitForEvent(
    life: Life,
    name: string,
    { type, timeout }: { type: string; timeout: number },
  ): Promise<unknown> {
    if (this.#results.has(name)) return this.#results.get(name);
    const end = this.#endOf(name, timeout);
    const early = this.#events.indexOf(type);
    if (early !== -1) this.#events.splice(early, 1);
    else {
      const taken = new Promise<void>((take, fail) => {
        this.#takers.push({ type, take });
        this.#world.clock.at(end, () => fail(new Error("the wait timed out")));
      });
      await this.#rest(life, taken);
    }
    if (life.alive) this.#results.set(name, {});
    return {};
  }

  async #rest(life: Life, over: Promise<void>): Promise<void> {
    const { clock, dice } = this.#world;
    this.#resting += 1;
    if (this.#acting === 0) this.status = "waiting";
    if (dice.fault(0.1)) clock.after(dice.between(1, 60_000), () => this.#dies(life, 1));
    try {
      await held(life, over);
    } finally {
      this.#resting -= 1;
      if (this.#resting === 0) this.status = "running";
    }
  }

  /** Its process may die before it or after it, between two steps of a segment and in the middle of one. */
  async #perilous<T>(life: Life, act: () => Promise<T>): Promise<T> {
    if (this.#dies(life, 0.005)) return new Promise(() => undefined);
    const result = await act();
    return this.#dies(life, 0.005) ? new Promise(() => undefined) : result;
  }

  #mortal(life: Life, line: RunnerApi): RunnerApi {
    return new Proxy(line, {
      get: (target, method: keyof RunnerApi) => {
        const report = target[method] as (...args: unknown[]) => Promise<unknown>;
        return (...args: unknown[]) => this.#perilous(life, () => report(...args));
      },
    });
  }

  /** Half of the dead wake by themselves, as in production; the others lie asleep, as on this machine. */
  #dies(life: Life, probability: number): boolean {
    const { clock, dice } = this.#world;
    if (!dice.fault(probability) || !life.alive) return false;
    life.alive = false;
    if (dice.is(0.5)) clock.after(dice.between(1, 30_000), () => this.wake());
    return true;
  }
}
