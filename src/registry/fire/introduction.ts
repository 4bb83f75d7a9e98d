import { TRIGGER_COPIES_AT_ONCE } from "../../limits.ts";
import type { Listening } from "../api/event-calls.ts";
import type { RegistryContext } from "../context.ts";
import type { TriggerCopies } from "./trigger-copies.ts";

/** What an object of the tenant must know before anything happens in it: who listens, and what waits for events. */
export class Introduction {
  readonly #context: RegistryContext;
  readonly #copies: TriggerCopies;
  #underWay: Promise<void> | undefined;

  constructor(context: RegistryContext, copies: TriggerCopies) {
    this.#context = context;
    this.#copies = copies;
  }

  /** What the tenant's first object answers to a new one. @param after name of the last trigger that it was told of */
  async listening(after: string): Promise<Listening> {
    const { eventLog, subscriptions } = this.#context;
    const triggers = this.#copies.page(after, TRIGGER_COPIES_AT_ONCE);
    const next = triggers.length < TRIGGER_COPIES_AT_ONCE ? null : (triggers.at(-1)?.trigger.name ?? null);
    return { until: eventLog.listeningUntil, subscribers: subscriptions.subscribers(), triggers, next };
  }

  /** Once, before anything else; whoever comes meanwhile waits. */
  async introduce(shard: number, askHome: (after: string) => Promise<Listening>): Promise<void> {
    if (shard === 0 || this.#context.eventLog.isIntroduced) return;
    this.#underWay ??= this.#learn(shard, askHome).finally(() => {
      this.#underWay = undefined;
    });
    await this.#underWay;
  }

  async #learn(shard: number, askHome: (after: string) => Promise<Listening>): Promise<void> {
    const { eventLog, store, subscriptions } = this.#context;
    // One that died in the middle begins again: what it copied may have been deleted since.
    store.transact(() => this.#copies.dropAll());
    for (let after: string | null = ""; after !== null; ) {
      const told: Listening = await askHome(after);
      store.transact(() => {
        for (const copy of told.triggers) this.#copies.keep(copy, shard);
        if (told.next !== null) return;
        eventLog.introduce(told.until);
        for (const each of told.subscribers) subscriptions.addSubscriber(each);
      });
      after = told.next;
    }
  }
}
