import type { RunParams } from "../../../src/env.ts";
import type { WorkflowBinding } from "../../../src/registry/dispatch/engine.ts";
import { SimInstance, type Surroundings } from "./instance.ts";

const LIES: InstanceStatus["status"][] = [
  "complete",
  "errored",
  "terminated",
  "unknown",
  "running",
  "waiting",
  "queued",
  "paused",
];
const NEVER = new Promise<never>(() => undefined);

/**
 * A Workflows binding that may refuse before or after the effect, answer late or never, lie about an instance, lose
 * it, let a dead one lie, and not do what it is told.
 */
export class LyingBinding implements WorkflowBinding {
  readonly #world: Surroundings;
  readonly #instances = new Map<string, SimInstance>();
  readonly #forgotten = new Set<string>();
  #refusesUntil = 0;
  /** Called with every batch before anything else happens. */
  readonly #onCreate: (batch: readonly RunParams[]) => void;

  constructor(world: Surroundings, onCreate: (batch: readonly RunParams[]) => void) {
    this.#world = world;
    this.#onCreate = onCreate;
  }

  /** No more lies: what the engine does not know any more does not run either. */
  comeToItsSenses(): void {
    for (const id of this.#forgotten) this.#instances.get(id)?.terminate();
  }

  async createBatch(batch: { id: string; params: RunParams }[]): Promise<unknown> {
    this.#onCreate(batch.map(({ params }) => params));
    const { clock, dice } = this.#world;
    if (dice.fault(0.03)) this.#refusesUntil = clock.now + dice.between(1_000, 90_000);
    if (dice.faulty && clock.now < this.#refusesUntil) throw new Error("429: too many instances were created");
    if (dice.fault(0.06)) await clock.sleep(dice.between(1_000, 40_000));
    if (dice.fault(0.04)) throw new Error("the engine is away");
    for (const { id, params } of batch) this.#create(id, params);
    if (dice.fault(0.06)) throw new Error("the answer was lost");
    return dice.fault(0.03) ? NEVER : [];
  }

  async get(id: string) {
    await this.#trouble();
    const { dice } = this.#world;
    const instance = this.#instances.get(id);
    if (instance !== undefined && dice.fault(0.05)) this.#forgotten.add(id);
    if (instance === undefined || this.#forgotten.has(id)) throw new Error("instance.not_found");
    return {
      status: () => this.#status(instance),
      sendEvent: ({ type }: { type: string }) => this.#send(instance, type),
      terminate: () => this.#terminate(instance),
    };
  }

  #create(id: string, params: RunParams): void {
    if (this.#instances.has(id)) return;
    const { clock, dice } = this.#world;
    const instance = new SimInstance(params, this.#world);
    this.#instances.set(id, instance);
    // One that is never started by itself lies queued.
    if (!dice.fault(0.05)) clock.after(dice.between(0, dice.fault(0.1) ? 60_000 : 500), () => instance.wake());
  }

  async #trouble(): Promise<void> {
    const { clock, dice } = this.#world;
    if (dice.fault(0.04)) throw new Error("the engine is away");
    if (dice.fault(0.04)) await clock.sleep(dice.between(1_000, 40_000));
    if (dice.fault(0.02)) return NEVER;
  }

  async #status(instance: SimInstance): Promise<InstanceStatus> {
    await this.#trouble();
    const { dice } = this.#world;
    return { status: dice.fault(0.3) ? dice.pick(LIES) : instance.status };
  }

  async #send(instance: SimInstance, type: string): Promise<void> {
    await this.#trouble();
    const { dice } = this.#world;
    if (dice.fault(0.3)) return;
    if (instance.isOver) throw new Error("instance.not_running");
    instance.send(type);
    if (dice.fault(0.1)) instance.send(type);
  }

  async #terminate(instance: SimInstance): Promise<void> {
    await this.#trouble();
    if (instance.isOver || this.#world.dice.fault(0.3)) throw new Error("instance.cannot_terminate");
    instance.terminate();
  }
}
