import type { CallerApi, RunnerApi } from "../../../src/registry/api/caller.ts";
import type { TriggerApi } from "../../../src/registry/api/trigger-calls.ts";
import { type WorkflowBinding, WorkflowEngine } from "../../../src/registry/dispatch/engine.ts";
import { openRegistry, type Registry } from "../../../src/registry/open-registry.ts";
import { apisOf } from "../apis.ts";
import { NO_LIMITS, RETENTION_MS } from "../bench.ts";
import { held, type Life, type SimClock } from "./clock.ts";
import type { Dice } from "./dice.ts";
import type { OnBug } from "./witness.ts";
import type { Work } from "./work-witness.ts";

/** The platform tries an alarm that threw this often again, from this delay on; then the alarm is gone. */
const ALARM_RETRIES = 6;
const ALARM_RETRY_MS = 2_000;

interface Apis {
  caller: CallerApi & TriggerApi;
  runner: RunnerApi;
  workers: Work;
  reconciler: { onAlarm(): Promise<void> };
}

/** What a test may do to the object's apis, to see that it is noticed. */
export type Spoil = (apis: Apis) => Apis;

interface Parts {
  storage: DurableObjectStorage;
  binding: WorkflowBinding;
  clock: SimClock;
  dice: Dice;
  spoil: Spoil;
  onBug: OnBug;
}

/** The registry's object in simulated time: its alarm, and evictions that may come between any two things. */
export class SimObject {
  readonly #parts: Parts;
  #life: Life = { id: "", alive: false };
  #apis: Apis | undefined;
  #enter: () => void = () => undefined;
  #alarm: number | null = null;
  #isRinging = false;
  #callOffAlarm: () => void = () => undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get caller(): Apis["caller"] {
    return this.#open().caller;
  }

  get runner(): RunnerApi {
    return this.#open().runner;
  }

  get workers(): Work {
    return this.#open().workers;
  }

  /** In this order: what waited in memory is gone, then the object starts anew over the same rows. */
  async restart(): Promise<void> {
    this.#life.alive = false;
    const life = { id: "", alive: true };
    this.#life = life;
    const { binding, clock, dice, spoil, onBug } = this.#parts;
    const bound: WorkflowBinding = {
      createBatch: (batch) => held(life, binding.createBatch(batch)),
      get: async (id) => {
        const { status, sendEvent, terminate } = await held(life, binding.get(id));
        return {
          status: () => held(life, status()),
          sendEvent: (event) => held(life, sendEvent(event)),
          terminate: () => held(life, terminate()),
        };
      },
    };
    const wait = (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        const callOff = clock.after(ms, () => life.alive && resolve());
        signal.addEventListener("abort", () => {
          callOff();
          reject(signal.reason);
        });
      });
    const registry: Registry = await openRegistry({
      storage: this.#storage(),
      engine: new WorkflowEngine(bound, wait),
      now: () => clock.now,
      entropy: (bytes) => dice.bytes(bytes),
      background: (work) => void work.catch((error) => onBug("errors thrown", `in the background: ${error}`)),
      giveWay: () => new Promise((resolve) => void clock.after(0, () => life.alive && resolve())),
      log: () => {},
      findNewest: async () => undefined,
      retentionMs: RETENTION_MS,
      quotas: { ...NO_LIMITS, runningJobs: 12 },
    });
    this.#apis = spoil(apisOf(registry));
    this.#enter = registry.enter;
    // An alarm that was ringing when the object died rings again.
    if (this.#isRinging) this.#ringLater(ALARM_RETRY_MS, 0);
  }

  loseAlarm(): void {
    this.#arm(null);
  }

  #open(): Apis {
    if (this.#apis === undefined) throw new Error("the object was never started");
    this.#enter();
    return this.#apis;
  }

  #storage(): DurableObjectStorage {
    const { storage, clock } = this.#parts;
    const facade = {
      sql: storage.sql,
      transactionSync: <T>(work: () => T): T => {
        const before = this.#alarm;
        try {
          return storage.transactionSync(work);
        } catch (error) {
          this.#arm(before);
          throw error;
        }
      },
      getAlarm: async () => this.#alarm,
      setAlarm: async (at: number) => {
        // The local runtime loses an alarm that its own handler sets to the present.
        if (!this.#isRinging || at > clock.now) this.#arm(at);
      },
    };
    return facade as unknown as DurableObjectStorage;
  }

  #arm(at: number | null): void {
    const { clock, dice } = this.#parts;
    this.#alarm = at;
    this.#callOffAlarm();
    if (at === null) return;
    const late = dice.fault(0.1) ? dice.between(0, 60_000) : 0;
    this.#callOffAlarm = clock.at(at + late, () => {
      if (!this.#isRinging) this.#ring(0);
    });
  }

  #ring(tries: number): void {
    const life = this.#life;
    this.#alarm = null;
    this.#isRinging = true;
    held(life, this.#open().reconciler.onAlarm()).then(
      () => {
        this.#isRinging = false;
        if (this.#alarm !== null) this.#arm(this.#alarm);
      },
      (error) => {
        this.#parts.onBug("errors thrown", `in the alarm: ${error}`);
        this.#isRinging = false;
        if (tries < ALARM_RETRIES) this.#ringLater(ALARM_RETRY_MS * 2 ** tries, tries + 1);
      },
    );
  }

  #ringLater(ms: number, tries: number): void {
    this.#isRinging = false;
    this.#parts.clock.after(ms, () => {
      if (!this.#isRinging) this.#ring(tries);
    });
  }
}
