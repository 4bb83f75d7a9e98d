import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_WAITS, MAX_WAITS_PER_KEY } from "../../limits.ts";
import type { KeyRefusal } from "../api/keys.ts";

interface OpenWait {
  keyId: string | null;
  over: AbortController;
  revoked: PromiseWithResolvers<Result<never, KeyRefusal>>;
}

/**
 * The calls that wait in this object, the oldest first. Not every client that hangs up is noticed, so no wait is refused
 * because of those that are open: the oldest is answered as if its time were over.
 */
export class OpenWaits {
  readonly #open = new Set<OpenWait>();

  /**
   * @param released resolves when the caller needs no answer any more
   * @param wait ends when `over` aborts
   * @returns what `wait` did, or that its key was revoked meanwhile
   */
  async hold<T>(
    keyId: string | null,
    released: (() => Promise<void>) | undefined,
    wait: (over: AbortSignal) => Promise<T>,
  ): Promise<Result<T, KeyRefusal>> {
    this.#makeRoom(keyId);
    const held: OpenWait = { keyId, over: new AbortController(), revoked: Promise.withResolvers() };
    this.#open.add(held);
    const end = () => this.#end(held);
    // A connection that breaks tells the same.
    released?.().then(end, end);
    try {
      return await Promise.race([wait(held.over.signal).then(ok), held.revoked.promise]);
    } finally {
      this.#open.delete(held);
    }
  }

  endOfKey(keyId: string): void {
    for (const held of this.#ofKey(keyId)) {
      held.revoked.resolve(err("revoked"));
      this.#end(held);
    }
  }

  #makeRoom(keyId: string | null): void {
    const [oldest] = this.#open;
    if (oldest !== undefined && this.#open.size >= MAX_WAITS) this.#end(oldest);
    if (keyId === null) return;
    const ofKey = this.#ofKey(keyId);
    const [first] = ofKey;
    if (first !== undefined && ofKey.length >= MAX_WAITS_PER_KEY) this.#end(first);
  }

  #ofKey(keyId: string): OpenWait[] {
    return [...this.#open].filter((held) => held.keyId === keyId);
  }

  #end(held: OpenWait): void {
    this.#open.delete(held);
    held.over.abort();
  }
}
