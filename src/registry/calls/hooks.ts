import { toBase64Url } from "../../lib/base64url.ts";
import { BoundedMap } from "../../lib/bounded-map.ts";
import { digest } from "../../lib/digest.ts";
import { Rate } from "../../lib/rate.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { HOOK_ID_BYTES, MAX_RATED_HOOKS, RATE_WINDOW_MS } from "../../limits.ts";
import type { Caller } from "../api/asking.ts";
import type { Accepted, Delivery, DeliveryError, Hook, Trigger, TriggerApi } from "../api/trigger-calls.ts";
import type { RegistryContext } from "../context.ts";
import { dueOf } from "../fire/firing.ts";
import { occur } from "../fire/occur.ts";
import { Turn, timesOf } from "../fire/turn.ts";
import { sameAs } from "../fire/verdict.ts";

const UNKNOWN = err({ code: "unknown_trigger" as const });

/** Part of a key: names that are long, or hold anything, are told by their digest. */
const occurrenceOf = async (name: string): Promise<string> =>
  /^[\w.:-]{1,100}$/.test(name) ? name : `sha256:${await digest(name)}`;

function note(turn: Turn, entry: Parameters<Turn["note"]>[0]): void {
  turn.note(entry);
  turn.save(dueOf(turn.trigger, turn.state, timesOf(turn.trigger)));
}

/** What comes by the URLs of webhooks. */
export class Hooks implements Pick<TriggerApi, "openHook" | "deliver"> {
  readonly #context: RegistryContext;
  readonly #rates = new BoundedMap<string, Rate>(MAX_RATED_HOOKS);

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  async openHook(_caller: Caller, hookId: string): Promise<Result<Hook, DeliveryError>> {
    const trigger = this.#context.tables.triggers.byHook(hookId);
    const webhook = trigger?.document.webhook;
    if (trigger === undefined || webhook === undefined) return UNKNOWN;
    const retry_after_ms = this.#take(trigger.name);
    if (retry_after_ms > 0) return err({ code: "too_many_deliveries", retry_after_ms });
    return ok({ name: trigger.name, version: trigger.version, webhook });
  }

  /** ms until the trigger may have another; 0: it was counted. */
  #take(name: string): number {
    const limit = this.#context.quotas.hooksPerMinute;
    if (limit === 0) return 0;
    const rate = this.#rates.get(name) ?? new Rate(limit, RATE_WINDOW_MS);
    this.#rates.set(name, rate);
    return rate.take(this.#context.now());
  }

  async deliver(_caller: Caller, { name, version, key, event }: Delivery): Promise<Result<Accepted, DeliveryError>> {
    const { tables, now, entropy } = this.#context;
    const trigger = tables.triggers.find(name);
    if (trigger === undefined) return UNKNOWN;
    if (trigger.version !== version) return err({ code: "trigger_changed" });
    const same = await sameAs(this.#context, trigger, event, now());
    if (!same.ok) return this.#refused(trigger, same.error);
    const named = same.value ?? key;
    const occurrence = named === null ? toBase64Url(entropy(HOOK_ID_BYTES)) : await occurrenceOf(named);
    if (trigger.document.paused) return this.#whilePaused(trigger, occurrence);
    const occurred = await occur(this.#context, trigger, { occurrence, at: now(), event, depth: 0 });
    switch (occurred.outcome) {
      case "ran":
        return ok({ job_id: occurred.job_id, deduplicated: occurred.deduplicated, outcome: "ran" });
      case "filtered":
        return ok({ job_id: null, deduplicated: false, outcome: "filtered" });
      case "refused":
        return err({ code: "delivery_refused", reason: occurred.reason, is_full: occurred.error !== undefined });
      case "over_rate":
        return err({ code: "too_many_deliveries", retry_after_ms: occurred.retry_after_ms });
      case "changed":
        return err({ code: "trigger_changed" });
      default:
        return occurred satisfies never;
    }
  }

  /** Consecutive entries of one outcome are merged into one; deliveries accepted earlier are still recognized. */
  #whilePaused(trigger: Trigger, occurrence: string): Result<Accepted, DeliveryError> {
    return this.#inTurn(trigger, (turn, now) => {
      const known = turn.jobOf(occurrence);
      if (known !== undefined) return ok({ job_id: known.job_id, deduplicated: true, outcome: "ran" });
      note(turn, { outcome: "paused", span: { from: now, to: now, count: 1 } });
      return ok({ job_id: null, deduplicated: false, outcome: "paused" });
    });
  }

  /** Nothing says which occasion it is of. */
  #refused(trigger: Trigger, reason: string): Result<Accepted, DeliveryError> {
    return this.#inTurn(trigger, (turn) => {
      note(turn, { outcome: "refused", reason });
      return err({ code: "delivery_refused", reason, is_full: false });
    });
  }

  #inTurn(
    trigger: Trigger,
    act: (turn: Turn, now: number) => Result<Accepted, DeliveryError>,
  ): Result<Accepted, DeliveryError> {
    const { store, tables } = this.#context;
    const now = this.#context.now();
    return store.transact(() => {
      const state = tables.triggers.state(trigger.name);
      if (state === undefined) return UNKNOWN;
      if (tables.triggers.find(trigger.name)?.version !== trigger.version) return err({ code: "trigger_changed" });
      return act(new Turn(this.#context, trigger, state, now), now);
    });
  }
}
