import { type Json, utf8Bytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_STORE_KEYS, STORE_VERSION_KEPT_MS } from "../../limits.ts";
import type { Caller } from "../api/caller.ts";
import type { StoreApi, Stored, StoreFull, StoreWrite } from "../api/store-calls.ts";
import type { RegistryContext } from "../context.ts";
import type { StoreEntry } from "../storage/store-entries.ts";

/** What `store` steps of this object's tenant keep. Each call is one transaction, so that all of them have one order. */
export class TenantStore implements StoreApi {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  async useStore(_caller: Caller, key: string, write: StoreWrite | null): Promise<Result<Stored, StoreFull>> {
    const { store, storeEntries, now } = this.#context;
    if (write === null) return ok(this.#view(storeEntries.find(key), now(), false));
    return store.transact(() => this.#write(key, write, now()));
  }

  #write(key: string, write: StoreWrite, now: number): Result<Stored, StoreFull> {
    const { store, storeEntries } = this.#context;
    const before = storeEntries.answer(write.id);
    if (before !== undefined) return ok(JSON.parse(before));
    const entry = storeEntries.find(key);
    const current = this.#view(entry, now, false);
    if (write.version !== null && write.version !== current.version) return ok(this.#noted(write, current, now));
    const value_json = write.value === null ? null : JSON.stringify(write.value);
    const full = value_json === null ? undefined : this.#refusal(value_json, current, now);
    if (full !== undefined) return err(full);
    const next = this.#entry(entry, value_json, write.lifetime_ms, now);
    if (next !== undefined) {
      storeEntries.put(key, next);
      if (next.due_at !== null) store.ringBy(next.due_at);
    }
    return ok(this.#noted(write, this.#view(next, now, true), now));
  }

  /** What the key is after the write; undefined: it is not there, and never was. */
  #entry(
    before: StoreEntry | undefined,
    value_json: string | null,
    lifetimeMs: number | null,
    now: number,
  ): StoreEntry | undefined {
    if (value_json !== null) {
      const due_at = lifetimeMs === null ? null : now + lifetimeMs;
      return { version: (before?.version ?? 0) + 1, value_json, due_at };
    }
    return before && { ...before, value_json, due_at: now + STORE_VERSION_KEPT_MS };
  }

  #noted({ id }: StoreWrite, answer: Stored, now: number): Stored {
    const { store, storeEntries } = this.#context;
    store.ringBy(storeEntries.note(id, JSON.stringify(answer), now));
    return answer;
  }

  #refusal(valueJson: string, current: Stored, now: number): StoreFull | undefined {
    const keys = current.version > 0 ? 0 : this.#context.storeEntries.count(now);
    if (keys >= MAX_STORE_KEYS) return { keys, limit: MAX_STORE_KEYS };
    return this.#context.admission.storageRefusal(utf8Bytes(valueJson));
  }

  #view(entry: StoreEntry | undefined, now: number, stored: boolean): Stored {
    if (entry === undefined || entry.value_json === null || (entry.due_at !== null && entry.due_at <= now)) {
      return { version: 0, stored, expires_at: null };
    }
    const value: Json = JSON.parse(entry.value_json);
    return { value, version: entry.version, stored, expires_at: entry.due_at };
  }
}
