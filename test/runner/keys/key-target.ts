import { Crash } from "../bench.ts";

/** How a request goes: whether it takes effect, and what the caller hears. */
export const FATES = [
  "done",
  "done, lost",
  "done, 500",
  "done, timed out",
  "done, killed",
  "done, cancelled",
  "late, lost",
  "late, killed",
  "lost",
  "500",
  "402",
  "killed",
] as const;
export type Fate = (typeof FATES)[number];

/** A target that knows keys: what was done under one is answered again, and not done again. Counts effects by URL. */
export class KeyTarget {
  readonly effects = new Map<string, number>();
  /** What befalls the job while its request is under way. */
  onCancelled: () => Promise<void> = async () => undefined;
  readonly #known = new Set<string>();
  readonly #fates: Fate[];
  #late: [url: string, key: string][] = [];

  constructor(fates: readonly Fate[]) {
    this.#fates = [...fates];
  }

  readonly fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    this.arrive();
    const key = String(new Headers(init.headers).get("idempotency-key"));
    const fate = this.#known.has(key) ? "done" : (this.#fates.shift() ?? "done");
    if (fate.startsWith("done")) this.#take(url, key);
    if (fate.startsWith("late")) this.#late.push([url, key]);
    if (fate.endsWith("cancelled")) await this.onCancelled();
    return KeyTarget.#heard(fate, url);
  };

  /** Requests that were still under way when their caller gave them up. */
  arrive(): void {
    for (const [url, key] of this.#late.splice(0)) this.#take(url, key);
  }

  #take(url: string, key: string): void {
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.effects.set(url, (this.effects.get(url) ?? 0) + 1);
  }

  static #heard(fate: Fate, url: string): Response {
    if (fate.endsWith("killed")) throw new Crash("killed");
    if (fate.endsWith("lost")) throw new TypeError("connection reset");
    if (fate.endsWith("timed out")) throw new DOMException("The operation was aborted due to timeout", "TimeoutError");
    const code = Number(fate.slice(-3));
    return Number.isNaN(code) ? Response.json({ url }) : new Response("", { status: code });
  }
}
