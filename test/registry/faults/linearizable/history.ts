import { MAX_INTERRUPTED_TRIES, REPORT_GRACE_MS } from "../../../../src/limits.ts";
import { seeded } from "../../../../tooling/random.ts";
import { START } from "../../bench.ts";
import { MODES } from "../hazard.ts";
import { UNKNOWN, type World } from "../world.ts";
import { ask } from "./hot-calls.ts";
import { type Call, type Hot, NONE, perform, type Reply, textOf } from "./hot-job.ts";
import { Turns } from "./turns.ts";
import { isLinearizable, type Operation } from "./wgl.ts";

const CLIENTS = 8;
const CALLS = 40;
/** Jobs that all clients call at the same time; they move on to others together. */
const HOT_JOBS = 4;
const CALLS_PER_JOB = 10;

export interface History {
  /** By job. */
  operations: Map<string, Operation<Hot>[]>;
  calls: number;
  /** Calls whose outcome the caller does not know. */
  unknown: number;
  restarts: number;
}

/** What is known of a hot job to all clients. */
interface Known {
  id: string;
  isStarted: boolean;
  /** How often a client has started it. */
  starts: number;
}

class Clients {
  readonly #world: World;
  readonly #random: () => number;
  readonly #turns: Turns;
  readonly #known = new Map<string, Known>();
  readonly #late: Promise<unknown>[] = [];
  readonly history: History = { operations: new Map(), calls: 0, unknown: 0, restarts: 0 };

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#random = seeded(seed);
    this.#turns = new Turns(this.#random);
  }

  async run(): Promise<void> {
    const clients = Promise.all(Array.from({ length: CLIENTS }, () => this.#client()));
    const all = clients.then(() => Promise.all(this.#late));
    await this.#turns.run(all, () => this.#nemesis());
    await this.#lastLook();
    this.history.restarts = this.#world.restarts;
  }

  #upTo(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #chance(percent: number): boolean {
    return this.#random() * 100 < percent;
  }

  async #client(): Promise<void> {
    for (let i = 0; i < CALLS; i++) {
      await this.#turns.pause(this.#upTo(3));
      await this.#call(`${Math.floor(i / CALLS_PER_JOB)} of ${this.#upTo(HOT_JOBS)}`);
    }
  }

  /** Sometimes the object dies, or one of its operations fails, or its alarm rings. */
  async #nemesis(): Promise<void> {
    const { hazard } = this.#world;
    if (this.#world.isDown) await this.#world.restart();
    if (this.#chance(1)) hazard.arm(1 + this.#upTo(12), MODES[this.#upTo(MODES.length)] ?? "throw");
    if (this.#chance(0.5)) await this.#world.restart();
    // Early in the life of the jobs only: nothing that is visible is due. An answer is, so long after it; the engine would be
    // asked, and may not know an attempt that a client has started here by itself.
    const at = await this.#alarmAt();
    if (at !== null && at < START + REPORT_GRACE_MS) await this.#world.ring();
  }

  async #alarmAt(): Promise<number | null> {
    return this.#chance(1) ? this.#world.storage.getAlarm() : null;
  }

  #choose(known: Known | undefined): Call {
    if (known === undefined) return { do: "submit" };
    const dice = this.#upTo(100);
    if (dice < 40) return { do: "status" };
    if (dice < 50) return { do: "submit" };
    if (dice < 60 || !known.isStarted) return this.#startOf(known);
    if (dice < 75) return { do: "ask" };
    if (dice < 90) return { do: "respond", action: dice % 2 === 0 ? "accept" : "decline" };
    if (dice < 94) return { do: "succeed", result: this.#turns.now };
    return { do: dice < 97 ? "cancel" : "fail" };
  }

  /** A job that is started more often, and gets nowhere, is ended: that rule is not one of the hot job's. */
  #startOf(known: Known): Call {
    if (known.starts === MAX_INTERRUPTED_TRIES) return { do: "status" };
    known.starts += 1;
    return { do: "start" };
  }

  async #call(key: string): Promise<void> {
    const known = this.#known.get(key);
    const call = this.#choose(known);
    const called = this.#turns.now;
    const sent = this.#send(key, known?.id ?? "", call);
    // Some give up before they hear anything; the call may still arrive.
    const givesUp = this.#chance(5);
    if (givesUp) this.#late.push(sent);
    this.#record(key, call, called, givesUp ? UNKNOWN : await sent);
  }

  /** The way there and the way back take turns; some replies get lost. */
  async #send(key: string, id: string, call: Call): Promise<Reply | typeof UNKNOWN> {
    await this.#turns.pause(1 + this.#upTo(4));
    const reply = await this.#world.send(call.do, (api) => ask(api, key, id, call));
    await this.#turns.pause(1 + this.#upTo(4));
    return this.#chance(5) ? UNKNOWN : reply;
  }

  #record(key: string, call: Call, called: number, reply: Reply | typeof UNKNOWN): void {
    this.history.calls += 1;
    const isUnknown = reply === UNKNOWN;
    if (isUnknown) this.history.unknown += 1;
    else this.#learn(key, call, reply);
    // Nothing follows from a read that nobody heard the answer of.
    if (isUnknown && call.do === "status") return;
    const operations = this.history.operations.get(key) ?? [];
    const wanted = isUnknown ? undefined : JSON.stringify(shown(reply));
    operations.push({
      called,
      returned: isUnknown ? Number.POSITIVE_INFINITY : this.#turns.now,
      apply: (state) => {
        const [next, answer] = perform(state, call);
        return wanted === undefined || wanted === JSON.stringify(answer) ? next : undefined;
      },
    });
    this.history.operations.set(key, operations);
  }

  #learn(key: string, call: Call, { id, ...reply }: Reply): void {
    if (call.do === "submit" && typeof id === "string") {
      this.#known.set(key, { id, isStarted: false, starts: this.#known.get(key)?.starts ?? 0 });
    }
    const known = this.#known.get(key);
    if (known !== undefined && call.do === "start" && reply.do === "run") known.isStarted = true;
  }

  /** Once all is quiet, everybody would see this. */
  async #lastLook(): Promise<void> {
    this.#world.hazard.disarm();
    await this.#world.rest();
    for (const [key, { id }] of this.#known) {
      this.#turns.now += 1;
      const called = this.#turns.now;
      const reply = await this.#world.call("status", (api) => ask(api, key, id, { do: "status" }));
      this.#turns.now += 1;
      this.#record(key, { do: "status" }, called, reply);
    }
  }
}

/** The reply without the id, which only the object can choose. */
function shown({ id: _id, ...reply }: Reply): Reply {
  return reply;
}

/** 8 clients call 4 hot jobs at the same time, over a line that loses, to an object that dies. */
export async function record(world: World, seed: number): Promise<History> {
  const clients = new Clients(world, seed);
  await clients.run();
  return clients.history;
}

/** @returns the jobs whose operations could not have happened one after the other */
export const broken = ({ operations }: History): string[] =>
  [...operations].flatMap(([key, of]) => (isLinearizable(of, NONE, textOf) ? [] : [key]));
