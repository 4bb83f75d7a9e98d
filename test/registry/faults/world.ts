import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Quotas } from "../../../src/jobs/flow/quotas.ts";
import { WorkflowEngine } from "../../../src/registry/dispatch/engine.ts";
import { openRegistry, type Registry } from "../../../src/registry/open-registry.ts";
import { seeded } from "../../../tooling/random.ts";
import { apisOf } from "../apis.ts";
import { NO_LIMITS, RETENTION_MS, START } from "../bench.ts";
import { FakeCallback } from "./fake-callback.ts";
import { FakeSiblings } from "./fake-siblings.ts";
import { FakeWorkflow } from "./fake-workflow.ts";
import { faultyStorage } from "./faulty-storage.ts";
import { Died, Failed, Hazard, Life } from "./hazard.ts";

/** The caller cannot know whether its call had an effect. */
export const UNKNOWN = Symbol("unknown outcome");

export type Api = ReturnType<typeof apisOf>;

/** AUTH_SECRET is being changed. */
const SEALING = { previousKey: "old", sealAgain: async (sealed: string) => sealed.replace(/^old/, "new") };

/** What a control takes away from the object, to see that the harness notices. */
export type Sabotage = (storage: DurableObjectStorage) => DurableObjectStorage;

/** This engine always answers, so no call of it comes too late. */
const NEVER_LATE = () => new Promise<void>(() => undefined);

const isFault = (error: unknown): boolean => error instanceof Died || error instanceof Failed;

export interface WorldOptions {
  quotas?: Partial<Quotas>;
  seed?: number;
  sabotage?: Sabotage;
  /** What a control puts between the callers and the object. */
  spoil?: (api: Api) => Api;
}

/** One object over real storage, an engine that runs nothing, and all that can go wrong around them. */
export class World {
  readonly storage: DurableObjectStorage;
  readonly clock = { now: START };
  readonly workflow = new FakeWorkflow();
  readonly callback = new FakeCallback();
  readonly siblings = new FakeSiblings();
  readonly hazard = new Hazard();
  /** Errors that nobody asked for. */
  readonly surprises: unknown[] = [];
  restarts = 0;
  readonly #options: WorldOptions;
  readonly #random: () => number;
  readonly #background: Promise<void>[] = [];
  #current: { life: Life; api: Api } | undefined;

  constructor(storage: DurableObjectStorage, options: WorldOptions) {
    this.storage = storage;
    this.#options = options;
    this.#random = seeded(options.seed ?? 1);
  }

  get api(): Api {
    if (this.#current === undefined) throw new Error("the object is not open");
    return this.#current.api;
  }

  /** Its life is over, and the next one has not begun. */
  get isDown(): boolean {
    return this.#current?.life.dead ?? true;
  }

  /** A new life over the same storage, as after an eviction or a crash. */
  async restart(): Promise<void> {
    for (let tries = 0; tries < 3; tries++) {
      if (this.#current !== undefined) this.#current.life.dead = true;
      this.restarts += 1;
      const life = new Life();
      try {
        const api = apisOf(await this.#open(life));
        this.#current = { life, api: this.#options.spoil?.(api) ?? api };
        return;
      } catch (error) {
        if (!isFault(error)) throw error;
      }
    }
    throw new Error("the object does not open");
  }

  /** One call over the wire; the work that goes on after the reply is done when this returns. */
  async call<T>(name: string, act: (api: Api) => Promise<T>): Promise<T | typeof UNKNOWN> {
    const reply = await this.send(name, act);
    await this.rest();
    return reply;
  }

  /** One call over the wire. */
  async send<T>(name: string, act: (api: Api) => Promise<T>): Promise<T | typeof UNKNOWN> {
    if (this.#current === undefined) throw new Error("the object is not open");
    const { life, api } = this.#current;
    try {
      return await this.hazard.call(life, `call ${name}`, () => {
        api.enter();
        return act(api);
      });
    } catch (error) {
      if (!isFault(error)) throw error;
      return UNKNOWN;
    }
  }

  /** All work that goes on after replies; a life that ended in it is followed by the next. */
  async rest(): Promise<void> {
    while (this.#background.length > 0) await Promise.all(this.#background.splice(0));
    if (this.#current?.life.dead) await this.restart();
  }

  /** The alarm rings, once its time has come. @returns false when none is set */
  async ring(): Promise<boolean> {
    const due = await this.storage.getAlarm();
    if (due === null) return false;
    this.clock.now = Math.max(this.clock.now, due);
    await this.storage.deleteAlarm();
    const life = this.#current?.life;
    try {
      await this.api.reconciler.onAlarm();
    } catch (error) {
      if (!isFault(error) || !life?.dead) this.surprises.push(error);
    }
    // The platform calls an alarm again whose handler did not come to its end.
    if (life?.dead && (await this.storage.getAlarm()) === null) await this.storage.setAlarm(this.clock.now + 1);
    await this.rest();
    return true;
  }

  #open(life: Life): Promise<Registry> {
    const storage = faultyStorage(this.storage, life, this.hazard);
    const opened: Promise<Registry> = openRegistry({
      storage: this.#options.sabotage?.(storage) ?? storage,
      engine: new WorkflowEngine(this.workflow.binding(life, this.hazard), NEVER_LATE),
      now: () => this.clock.now,
      entropy: (bytes) => Uint8Array.from({ length: bytes }, () => Math.floor(this.#random() * 256)),
      background: (work) => this.#background.push(work.catch((error) => this.#note(error))),
      log: () => {},
      findNewest: async () => undefined,
      sealing: SEALING,
      retentionMs: RETENTION_MS,
      quotas: { ...NO_LIMITS, ...this.#options.quotas },
      siblings: this.siblings.port(life, this.hazard),
      delivery: this.callback.port(life, this.hazard, async (query) => (await opened).events.readEvents(query, 0)),
    });
    return opened;
  }

  #note(error: unknown): void {
    if (!isFault(error)) this.surprises.push(error);
  }
}

/** Gives the test an object of its own, and empties it before each world that is made. */
export async function withWorlds(
  test: (fresh: (options?: WorldOptions) => Promise<World>) => Promise<void>,
): Promise<void> {
  const stub = env.JOB_REGISTRY.getByName(`${crypto.randomUUID()}/0`);
  await runInDurableObject(stub, async (_instance, { storage }) => {
    await test(async (options = {}) => {
      await storage.deleteAlarm();
      await storage.deleteAll();
      const world = new World(storage, options);
      await world.restart();
      return world;
    });
  });
}
