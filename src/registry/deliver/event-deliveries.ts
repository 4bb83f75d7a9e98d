import { verdictOf } from "../../events/delivery.ts";
import { mergeEvents, positionsAfter, type Taken } from "../../events/merge-events.ts";
import { encodePositions } from "../../events/positions.ts";
import type { Result } from "../../lib/result.ts";
import {
  DELIVERED_AT_ONCE,
  ENDED_SUBSCRIPTION_KEPT_MS,
  SUBSCRIPTION_LEASE_MS,
  SUBSCRIPTION_LOOK_MS,
  SUBSCRIPTIONS_AT_ONCE,
  SUSPENDED_LOOK_MS,
} from "../../limits.ts";
import type { EventPage } from "../api/event-calls.ts";
import type { Attempt, NumberedAttempt, ReplayError } from "../api/subscription-calls.ts";
import type { RegistryContext } from "../context.ts";
import type { Subscription } from "../storage/subscriptions.ts";
import type { DeliveryPort } from "./delivery-port.ts";
import { attemptOf, Sending } from "./sending.ts";

/**
 * Sends events to the callbacks that want them: of each subscription one after the other, in the order of the log, until
 * none is left. An event that cannot be delivered is tried again, and none after it is sent before; when its tries run out
 * the subscription is suspended, so that nothing is skipped.
 */
export class EventDeliveries {
  readonly #context: RegistryContext;
  /** Undefined: this object sends nothing. */
  readonly #port: DeliveryPort | undefined;
  readonly #isRevoked: (keyId: string) => boolean;
  readonly #sending: Sending;
  /** Being delivered, and whether there may be more since its last look. */
  readonly #running = new Map<string, { again: boolean }>();

  constructor(context: RegistryContext, isRevoked: (keyId: string) => boolean) {
    this.#context = context;
    this.#port = context.delivery;
    this.#isRevoked = isRevoked;
    this.#sending = new Sending(context);
  }

  /** @returns how many there are */
  wakeAll(): number {
    const live = this.#context.subscriptions.live();
    for (const id of live) this.wake(id);
    return live.length;
  }

  wake(id: string): void {
    this.#context.background(this.#deliver(id));
  }

  /** The alarm: those whose time has come. Each is put off first, so that a process that dies strands none. */
  onAlarm(now: number): void {
    const { subscriptions, store } = this.#context;
    const due = subscriptions.due(now, SUBSCRIPTIONS_AT_ONCE);
    if (due.length === 0) return;
    store.transact(() => {
      for (const id of due) {
        const each = subscriptions.find(id);
        if (each?.status === "ended") subscriptions.delete(id);
        else if (each !== undefined) this.#put({ ...each, due_at: now + SUBSCRIPTION_LEASE_MS });
      }
    });
    for (const id of due) this.#context.background(this.#deliver(id, true));
  }

  async #deliver(id: string, isDue = false): Promise<void> {
    const running = this.#running.get(id);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const mine = { again: false };
    this.#running.set(id, mine);
    try {
      let due = isDue;
      do {
        mine.again = false;
        if (this.#port !== undefined) await this.#run(id, due, this.#port);
        due = false;
      } while (mine.again);
    } catch (error) {
      this.#context.log({ event: "delivery_error", subscription_id: id, error: String(error) });
    } finally {
      this.#running.delete(id);
    }
  }

  async #run(id: string, isDue: boolean, port: DeliveryPort): Promise<void> {
    for (;;) {
      const { subscriptions, now } = this.#context;
      const each = await this.#current(id, isDue);
      if (each === undefined) return;
      const pages = await this.#read(each, port);
      const fresh = subscriptions.find(id);
      if (fresh === undefined || JSON.stringify(fresh) !== JSON.stringify(each)) continue;
      if (each.status === "suspended") return this.#change(id, { due_at: now() + SUSPENDED_LOOK_MS });
      if (!(await this.#sendAll(each, pages))) return;
    }
  }

  /** As it is now; undefined: there is nothing to do for it. */
  async #current(id: string, isDue: boolean): Promise<Subscription | undefined> {
    const { subscriptions, now } = this.#context;
    for (;;) {
      const each = subscriptions.find(id);
      if (each === undefined || (await this.#isOver(each))) return undefined;
      if (await this.#reseal(each)) continue;
      return each.tries > 0 && !isDue && each.due_at > now() ? undefined : each;
    }
  }

  /** AUTH_SECRET was changed: what the one before it sealed must not need it for ever. @returns whether it did anything */
  async #reseal(each: Subscription): Promise<boolean> {
    const secrets = await this.#sending.resealed(each);
    const { subscriptions } = this.#context;
    const isSame = JSON.stringify(subscriptions.find(each.subscription_id)?.secrets) === JSON.stringify(each.secrets);
    if (secrets !== undefined && isSame) this.#change(each.subscription_id, { secrets });
    return secrets !== undefined;
  }

  replay(id: string, number: number): Promise<Result<NumberedAttempt, ReplayError>> {
    return this.#sending.replay(id, number);
  }

  async #isOver(each: Subscription): Promise<boolean> {
    if (each.status === "ended") return true;
    if (each.expires_at !== null && each.expires_at <= this.#context.now()) this.#end(each.subscription_id);
    else if (each.key_id !== null && this.#isRevoked(each.key_id)) await this.#terminate(each);
    else return false;
    return true;
  }

  /** Who reads listens: what happens goes on being recorded. */
  async #read({ name, filter, positions }: Subscription, port: DeliveryPort): Promise<EventPage[]> {
    const shards = Math.max(port.shards, positions.length);
    const query = { names: [name], filter, since: null, limit: DELIVERED_AT_ONCE };
    const reads = Array.from({ length: shards }, (_, shard) =>
      port.readEvents(shard, { ...query, after: positions[shard] ?? 0 }),
    );
    return Promise.all(reads);
  }

  /** @returns whether there may be more */
  async #sendAll(each: Subscription, pages: readonly EventPage[]): Promise<boolean> {
    const { now } = this.#context;
    const taken = mergeEvents(pages, DELIVERED_AT_ONCE);
    let begin: readonly number[] = each.positions;
    if (pages.some(({ truncated }) => truncated)) {
      const positions = positionsAfter(pages, []);
      await this.#sending.control(each, "gap", { cursor: encodePositions(positions) });
      this.#change(each.subscription_id, { positions });
      begin = positions;
    }
    for (const [i, one] of taken.entries()) {
      const before = i === 0 ? begin : positionsAfter(pages, taken.slice(0, i));
      const after = positionsAfter(pages, taken.slice(0, i + 1));
      if (!(await this.#sendOne(each.subscription_id, one, before, after))) return false;
    }
    if (taken.length > 0) return true;
    // What nobody wanted is passed over: when it is deleted, nothing was missed.
    const positions = positionsAfter(pages, []);
    const hasMore = pages.some(({ has_more }) => has_more);
    this.#change(each.subscription_id, { positions, ...(!hasMore && { due_at: now() + SUBSCRIPTION_LOOK_MS }) });
    return hasMore;
  }

  /** @returns whether the next one may follow */
  async #sendOne(id: string, taken: Taken, before: readonly number[], after: number[]): Promise<boolean> {
    const { subscriptions, store, now } = this.#context;
    const each = subscriptions.find(id);
    if (each?.status !== "active") return false;
    const outcome = await this.#sending.event(each, taken, before);
    const current = subscriptions.find(id);
    if (current === undefined || current.status === "ended") return false;
    const verdict = verdictOf(outcome, current.tries);
    const attempts = current.attempts + 1;
    const note = (result: Attempt["outcome"]): Attempt => attemptOf(taken, outcome, result, now());
    const failing = { attempts, failed_since: current.failed_since ?? now() };
    store.transact(() => {
      switch (verdict.is) {
        case "delivered":
          subscriptions.note(id, attempts, note("delivered"));
          return this.#put({
            ...current,
            ...{ attempts, positions: after, tries: 0, due_at: now() + SUBSCRIPTION_LOOK_MS },
            ...{ last_delivery_at: now(), last_error: null, failed_since: null },
          });
        case "given_up":
          subscriptions.note(id, attempts, note("given_up"));
          return this.#put({ ...current, ...failing, positions: after, tries: 0, last_error: verdict.error });
        case "retry":
          subscriptions.note(id, attempts, note("failed"));
          return this.#put({
            ...current,
            ...failing,
            ...{ tries: current.tries + 1, due_at: now() + verdict.delayMs, last_error: verdict.error },
          });
        case "suspend":
          subscriptions.note(id, attempts, note("failed"));
          return this.#put({
            ...current,
            ...failing,
            ...{ status: "suspended" as const, due_at: now() + SUSPENDED_LOOK_MS, last_error: verdict.error },
          });
        default:
          return verdict satisfies never;
      }
    });
    return verdict.is === "delivered" || verdict.is === "given_up";
  }

  async #terminate(each: Subscription): Promise<void> {
    this.#end(each.subscription_id);
    const error = { code: -32_012, message: "Forbidden", data: { reason: "revoked" } };
    await this.#sending.control(each, "terminated", { error });
  }

  /** It ended, and is known for a while. */
  #end(id: string): void {
    this.#change(id, { status: "ended", secrets: [], due_at: this.#context.now() + ENDED_SUBSCRIPTION_KEPT_MS });
  }

  #change(id: string, over: Partial<Subscription>): void {
    const { store, subscriptions } = this.#context;
    store.transact(() => {
      const each = subscriptions.find(id);
      if (each !== undefined) this.#put({ ...each, ...over });
    });
  }

  #put(each: Subscription): void {
    this.#context.subscriptions.put(each);
    this.#context.store.ringBy(each.due_at);
  }
}
