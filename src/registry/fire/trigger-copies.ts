import { TRIGGER_BATCH, TRIGGER_PUT_OFF_MS } from "../../limits.ts";
import type { Trigger, TriggerCopy } from "../api/trigger-calls.ts";
import type { RegistryContext } from "../context.ts";
import { NEW_STATE, type TriggerState } from "../storage/trigger-tables.ts";

/**
 * Event triggers are in every shard, and each starts its own jobs. The shard in which one was saved tells the others: shard 0
 * first, which new shards ask.
 */
export class TriggerCopies {
  readonly #context: RegistryContext;
  /** One after the other for each name: the last one told is the newest. */
  readonly #telling = new Map<string, Promise<void>>();

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  /**
   * A trigger is saved, changed or deleted here: others must hear of it. Called before that, inside its transaction;
   * {@link tell} after it. @param at of the change, epoch ms
   */
  change(before: Trigger | undefined, after: Trigger | undefined, at: number): void {
    if (after !== undefined) this.#enter(after);
    const { siblings, tables, store } = this.#context;
    const name = [before, after].find((each) => each !== undefined && each.event_name !== null)?.name;
    if (name === undefined || siblings === undefined || siblings.shards === 1) return;
    const due = at + TRIGGER_PUT_OFF_MS;
    tables.triggers.owe(name, at, due);
    store.ringBy(due);
  }

  /** @throws when a shard cannot be told now: the alarm goes on with it */
  tell(name: string): Promise<void> {
    const before = this.#telling.get(name) ?? Promise.resolve();
    const told = before.catch(() => {}).then(() => this.#tellAll(name));
    this.#telling.set(name, told);
    return told.finally(() => {
      if (this.#telling.get(name) === told) this.#telling.delete(name);
    });
  }

  /** The alarm: those that were not told. */
  async ring(now: number): Promise<void> {
    const { tables, store } = this.#context;
    for (const name of tables.triggers.owedBy(now, TRIGGER_BATCH)) {
      store.transact(() => {
        const at = tables.triggers.owed(name);
        if (at !== undefined) tables.triggers.owe(name, at, now + TRIGGER_PUT_OFF_MS);
      });
      await this.tell(name).catch((error: unknown) => {
        console.error(JSON.stringify({ event: "trigger_error", trigger: name, error: String(error) }));
      });
    }
  }

  async #tellAll(name: string): Promise<void> {
    const { siblings, tables, store } = this.#context;
    const at = tables.triggers.owed(name);
    if (siblings === undefined || at === undefined) return;
    const trigger = tables.triggers.find(name);
    const copy = trigger?.event_name == null ? undefined : this.copyOf(trigger);
    const tellShard = (shard: number) =>
      copy === undefined ? siblings.dropCopy(shard, name, at) : siblings.keepCopy(shard, copy);
    const others = Array.from({ length: siblings.shards }, (_, shard) => shard).filter(
      (each) => each !== siblings.shard,
    );
    const [first, ...rest] = others;
    if (first !== undefined) await tellShard(first);
    await Promise.all(rest.map(tellShard));
    store.transact(() => tables.triggers.told(name, at));
  }

  copyOf(trigger: Trigger): TriggerCopy {
    const { plan_hash, home_shard, shard } = trigger;
    const plan_json = plan_hash === null ? null : this.#context.tables.plans.json(plan_hash);
    return { trigger: { ...trigger, home_shard: home_shard ?? shard }, plan_json };
  }

  /** A page of all event triggers, for a new shard. */
  page(after: string, limit: number): TriggerCopy[] {
    return this.#context.tables.triggers.withEvent(after, limit).map((trigger) => this.copyOf(trigger));
  }

  /** Called inside a transaction. An older one than is here changes nothing. @param shard of this object */
  keep({ trigger, plan_json }: TriggerCopy, shard: number): void {
    const { triggers, plans } = this.#context.tables;
    const before = triggers.find(trigger.name);
    if (before !== undefined && (before.home_shard === null || before.saved_at > trigger.saved_at)) return;
    if (before !== undefined) plans.unhold(before);
    if (plan_json !== null) plans.hold(trigger, plan_json);
    this.#enter(trigger);
    triggers.put({ ...trigger, shard });
    const state = triggers.state(trigger.name) ?? NEW_STATE;
    triggers.putState(trigger.name, this.stateOf(before, trigger, state), null);
  }

  /** Called inside a transaction. */
  drop(name: string, at: number): void {
    const { triggers, plans } = this.#context.tables;
    const copy = triggers.find(name);
    if (copy === undefined || copy.home_shard === null || copy.saved_at > at) return;
    triggers.delete(name);
    plans.unhold(copy);
  }

  /** A shard that begins anew keeps none. Called inside a transaction. */
  dropAll(): void {
    for (const name of this.#context.tables.triggers.copies()) this.drop(name, Number.POSITIVE_INFINITY);
  }

  /** Before the first event trigger of the object is stored: nobody has looked at what happened until now. */
  #enter({ event_name }: Trigger): void {
    const { eventLook, eventLog, tables } = this.#context;
    if (event_name !== null && !tables.triggers.hasEvents) eventLook.save({ position: eventLog.last, name: "" });
  }

  /** A trigger gets no event from before it was saved. */
  stateOf(before: Trigger | undefined, trigger: Trigger, state: TriggerState): TriggerState {
    const isSame = JSON.stringify(before?.document.event) === JSON.stringify(trigger.document.event);
    return trigger.event_name === null || isSame ? state : { ...state, after: this.#context.eventLog.last };
  }
}
