import type { RegistryContext } from "../context.ts";
import type { StoreObserver } from "../storage/job-store.ts";

/** Something happened in this object: whoever reads it from another shard is told, and its alarm comes if that fails. */
export class TellSubscribers implements StoreObserver {
  readonly #context: RegistryContext;
  readonly #wakeOwn: () => unknown;

  /** @param wakeOwn wakes those of this object that have subscribed to it */
  constructor(context: RegistryContext, wakeOwn: () => unknown) {
    this.#context = context;
    this.#wakeOwn = wakeOwn;
  }

  onEvents(): void {
    const { subscriptions, siblings, background } = this.#context;
    for (const shard of subscriptions.subscribers()) {
      if (shard === (siblings?.shard ?? 0)) this.#wakeOwn();
      else background(this.#tell(shard));
    }
  }

  async #tell(shard: number): Promise<void> {
    const { siblings, store, subscriptions } = this.#context;
    const { said } = subscriptions;
    try {
      const count = await siblings?.wakeShard(shard);
      // A shard that has said meanwhile that it listens did so after it answered.
      if (count === 0 && subscriptions.said === said) store.transact(() => subscriptions.dropSubscriber(shard));
    } catch {
      // Its own alarm looks for what it was not told.
    }
  }
}
