import canonicalize from "canonicalize";
import { toBase64Url } from "../../lib/base64url.ts";
import { utf8Bytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { HOOK_ID_BYTES, MAX_BACKFILL, MAX_NAMED_TRIGGERS } from "../../limits.ts";
import { entriesBelow } from "../../triggers/ledger.ts";
import type { Caller, StorageFull } from "../api/asking.ts";
import type {
  Fired,
  FireError,
  FireRequest,
  LedgerPage,
  SavedTrigger,
  Trigger,
  TriggerApi,
  TriggerCopy,
  TriggerToSave,
  UnknownTrigger,
} from "../api/trigger-calls.ts";
import type { RegistryContext } from "../context.ts";
import { carryState, dueAfterSave, hasSameTimes } from "../fire/carry-state.ts";
import { scheduled } from "../fire/firing.ts";
import { type Occurred, occur } from "../fire/occur.ts";
import type { TriggerCopies } from "../fire/trigger-copies.ts";
import { pastOf, Turn, timesOf } from "../fire/turn.ts";
import type { Occasion } from "../fire/verdict.ts";
import { NEW_STATE, type TriggerState, type Triggers } from "../storage/trigger-tables.ts";

const UNKNOWN = err({ code: "unknown_trigger" as const });
const NEXT_RUNS = 3;

const CHANGED = { outcome: "changed" } as const;

/** From 0 to below 1. */
const aShare = (entropy: RegistryContext["entropy"]): number => (entropy(1)[0] ?? 0) / 256;

function firedOf(occurred: Occurred): Omit<Fired, "due"> {
  const none = { job_id: null, deduplicated: false, reason: null };
  switch (occurred.outcome) {
    case "ran":
      return { ...none, ...occurred };
    case "filtered":
      return { ...none, outcome: "filtered" };
    case "refused":
      return { ...none, outcome: "refused", reason: occurred.reason };
    case "over_rate":
      return { ...none, outcome: "refused", reason: "too many jobs were submitted within a minute" };
    case "changed":
      return { ...none, outcome: "refused", reason: "it was changed or deleted meanwhile" };
    default:
      return occurred satisfies never;
  }
}

/** What a tenant does with its triggers, but for their hooks. */
export class TenantTriggers implements Omit<TriggerApi, "openHook" | "deliver"> {
  readonly #context: RegistryContext;
  readonly #copies: TriggerCopies;

  constructor(context: RegistryContext, copies: TriggerCopies) {
    this.#context = context;
    this.#copies = copies;
  }

  get #triggers(): Triggers {
    return this.#context.tables.triggers;
  }

  async saveTrigger(caller: Caller, saved: TriggerToSave): Promise<Result<SavedTrigger, StorageFull>> {
    const stored = this.#save(caller, saved);
    if (stored.ok) await this.#copies.tell(saved.document.name);
    return stored;
  }

  #save(caller: Caller, saved: TriggerToSave): Result<SavedTrigger, StorageFull> {
    const { store, admission, now } = this.#context;
    const { document, plan } = saved;
    return store.transact(() => {
      const before = this.#triggers.find(document.name);
      const isSame = before !== undefined && canonicalize(before.document) === canonicalize(document);
      if (isSame && !saved.rotate) return ok(this.#view(before));
      const texts = JSON.stringify(document) + (isSame ? "" : JSON.stringify(plan.plan));
      const full = admission.storageRefusal(utf8Bytes(texts));
      if (full !== undefined) return err(full);
      const trigger = this.#changed(caller, before, saved, isSame, now());
      if (!isSame) {
        if (before !== undefined) this.#context.tables.plans.unhold(before);
        this.#context.tables.plans.hold(trigger, JSON.stringify(plan.plan));
      }
      this.#copies.change(before, trigger, trigger.saved_at);
      this.#triggers.put(trigger);
      this.#carryState(before, trigger, now());
      const { actor } = caller;
      store.note({ at: now(), action: "trigger_saved", actor, subject: `${trigger.name}@${trigger.version}` });
      return ok(this.#view(trigger));
    });
  }

  #changed(
    { tenant, shard }: Caller,
    before: Trigger | undefined,
    { document, plan, isNewest, rotate, origin }: TriggerToSave,
    isSame: boolean,
    now: number,
  ): Trigger {
    const { entropy } = this.#context;
    const newLabel = isNewest ? `${plan.label.split("@")[0]}@latest` : plan.label;
    const fresh = { label: newLabel, plan_hash: isNewest ? null : plan.plan_hash, timeout_ms: plan.timeout_ms };
    // A name without a version means the one of the save that it came with.
    const { label, plan_hash, timeout_ms } = isSame && before !== undefined ? before : fresh;
    const kept = rotate ? null : (before?.hook_id ?? null);
    return {
      name: document.name,
      tenant,
      shard,
      version: (before?.version ?? 0) + 1,
      document,
      label,
      plan_hash,
      timeout_ms,
      anchor_at: before !== undefined && hasSameTimes(before, document) ? before.anchor_at : now,
      // Copies tell by it which is the newer one, also when the clock goes back.
      saved_at: Math.max(now, before?.saved_at ?? 0),
      share: before?.share ?? aShare(entropy),
      hook_id: document.webhook === undefined ? null : (kept ?? toBase64Url(entropy(HOOK_ID_BYTES))),
      event_name: document.event?.name ?? null,
      home_shard: null,
      origin: origin ?? null,
    };
  }

  #carryState(before: Trigger | undefined, trigger: Trigger, now: number): void {
    const state = before && this.#triggers.state(before.name);
    const turn = new Turn(this.#context, trigger, state ?? NEW_STATE, now);
    carryState(turn, before && state && { trigger: before, state }, now);
    turn.state = this.#copies.stateOf(before, trigger, turn.state);
    turn.save(dueAfterSave(turn, now));
  }

  async findTrigger(_caller: Caller, name: string): Promise<SavedTrigger | null> {
    const trigger = this.#triggers.find(name);
    return trigger === undefined ? null : this.#view(trigger);
  }

  async listTriggers(_caller: Caller, after: string, limit: number): Promise<SavedTrigger[]> {
    return this.#triggers.page(after, limit).map((trigger) => this.#view(trigger));
  }

  async triggerLedger(
    _caller: Caller,
    name: string,
    before: number | null,
    limit: number,
  ): Promise<Result<LedgerPage, UnknownTrigger>> {
    const [trigger, state] = [this.#triggers.find(name), this.#triggers.state(name)];
    if (trigger === undefined || state === undefined) return UNKNOWN;
    const found = entriesBelow(
      this.#withOpen(trigger, state).ledger,
      this.#triggers.chunks(name),
      before ?? Number.POSITIVE_INFINITY,
      limit + 1,
    );
    const entries = found.slice(0, limit);
    return ok({ entries, next_before: found.length > limit ? (entries.at(-1)?.seq ?? null) : null });
  }

  /** With what is not written yet: the times that pass while it is paused, and the one that waits. */
  #withOpen(trigger: Trigger, state: TriggerState): TriggerState {
    const now = this.#context.now();
    const past = trigger.document.paused ? pastOf(trigger, state, now) : undefined;
    const open = [
      ...(past === undefined ? [] : [{ outcome: "paused" as const, at: now, span: past }]),
      ...(state.queued === undefined
        ? []
        : [{ outcome: "queued" as const, at: now, occurrence: scheduled(state.queued).occurrence }]),
    ];
    if (open.length === 0) return state;
    return { ...state, ledger: { ...state.ledger, open: [...state.ledger.open, ...open] } };
  }

  async deleteTrigger({ actor }: Caller, name: string): Promise<boolean> {
    const { store, tables, now } = this.#context;
    const isThere = store.transact(() => {
      const trigger = this.#triggers.find(name);
      if (trigger === undefined || trigger.home_shard !== null) return false;
      this.#triggers.delete(name);
      tables.plans.unhold(trigger);
      this.#copies.change(trigger, undefined, Math.max(now(), trigger.saved_at));
      store.note({ at: now(), action: "trigger_deleted", actor, subject: name });
      return true;
    });
    await this.#copies.tell(name);
    return isThere;
  }

  async keepCopy({ shard }: Caller, copy: TriggerCopy): Promise<void> {
    this.#context.store.transact(() => this.#copies.keep(copy, shard));
  }

  async dropCopy(_caller: Caller, name: string, at: number): Promise<void> {
    this.#context.store.transact(() => this.#copies.drop(name, at));
  }

  async triggersUsing(_caller: Caller, blueprint: string, version: number | null): Promise<string[]> {
    return this.#triggers.using(blueprint, version, MAX_NAMED_TRIGGERS);
  }

  async fireTrigger(_caller: Caller, name: string, request: FireRequest): Promise<Result<Fired[], FireError>> {
    const trigger = this.#triggers.find(name);
    if (trigger === undefined) return UNKNOWN;
    const now = this.#context.now();
    const times = request.span === null ? ok([]) : this.#timesIn(trigger, request.span);
    if (!times.ok) return times;
    const occasions: (Occasion & { due: number | null })[] = times.value.map((due) => ({ ...scheduled(due), due }));
    if (request.now) {
      const occurrence = `by-hand-${toBase64Url(this.#context.entropy(HOOK_ID_BYTES))}`;
      occasions.push({ occurrence, at: now, depth: 0, due: null });
    }
    const fired: Fired[] = [];
    for (const { due, ...occasion } of occasions) {
      const current = this.#triggers.find(name);
      const occurred = current === undefined ? CHANGED : await occur(this.#context, current, occasion);
      fired.push({ due, ...firedOf(occurred) });
    }
    return ok(fired);
  }

  #timesIn(trigger: Trigger, { from, to }: { from: number; to: number }): Result<number[], FireError> {
    const times = timesOf(trigger);
    if (times === undefined) return err({ code: "no_schedule" });
    const found: number[] = [];
    for (let next = times.table.next(from - 1); next !== undefined && next <= to; next = times.table.next(next)) {
      // A long span is not counted: others wait for this object.
      if (found.length === MAX_BACKFILL) return err({ code: "too_many_times", limit: MAX_BACKFILL });
      found.push(next);
    }
    return ok(found);
  }

  #view(trigger: Trigger): SavedTrigger {
    const { document, version, label, saved_at, hook_id } = trigger;
    const state = this.#triggers.state(trigger.name) ?? NEW_STATE;
    const [last] = entriesBelow(this.#withOpen(trigger, state).ledger, [], Number.POSITIVE_INFINITY, 1);
    return {
      document,
      version,
      label,
      saved_at,
      next_runs: this.#nextRuns(trigger, state),
      runs: state.runs,
      hook_id,
      last: last ?? null,
      watch_error: state.watch_error ?? null,
      is_copy: trigger.home_shard !== null,
    };
  }

  #nextRuns(trigger: Trigger, { next, runs }: TriggerState): number[] {
    const times = timesOf(trigger);
    if (times === undefined || next === null || trigger.document.paused) return [];
    const most = Math.min(NEXT_RUNS, (times.maxRuns ?? Number.POSITIVE_INFINITY) - runs);
    const found: number[] = [];
    for (let time: number | undefined = next; time !== undefined && found.length < most; ) {
      found.push(time + times.rules.delayMs);
      time = times.table.next(time);
    }
    return found;
  }
}
