import { ConnectionError, EdgeJobsError } from "./errors.ts";
import type { WireRequest } from "./operations.ts";

/** What every call takes beside its arguments. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
}

export interface Options {
  /** Of the server, such as https://jobs.example.com. */
  url: string;
  /** An API key or access token; a server on this machine without AUTH_SECRET needs none. */
  key?: string | undefined;
  /** Instead of the global one. */
  fetch?: typeof globalThis.fetch | undefined;
  /** How often a call is sent again; 4 when left out. */
  retries?: number | undefined;
}

const DEFAULT_RETRIES = 4;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 30_000;
/** The server is not reached, or is just being replaced. */
const RETRIED = [429, 502, 503, 504];

/** Resolves after the time; rejects when the signal aborts. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

function retryAfterMs(response: Response, problem: { readonly [member: string]: unknown }): number | undefined {
  if (typeof problem.retry_after_ms === "number") return problem.retry_after_ms;
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}

async function problemOf(response: Response): Promise<EdgeJobsError> {
  const text = await response.text();
  let problem: { [member: string]: unknown } = { detail: text.slice(0, 200) || undefined };
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) problem = { ...parsed };
  } catch {
    // Something between us and the server answered.
  }
  return new EdgeJobsError(response.status, problem, retryAfterMs(response, problem));
}

/** Sends requests, again where that is safe: every one of ours may be sent twice. */
export class Transport {
  readonly #base: string;
  readonly #options: Options;

  constructor(options: Options) {
    this.#base = `${options.url.replace(/\/+$/, "")}/api/v1`;
    this.#options = options;
  }

  /** @throws EdgeJobsError when the server refuses, ConnectionError when no answer comes */
  async send(request: WireRequest, signal?: AbortSignal, headers: Record<string, string> = {}): Promise<Response> {
    const { retries = DEFAULT_RETRIES } = this.#options;
    for (let tries = 0; ; tries += 1) {
      const outcome = await this.#once(request, signal, headers);
      if (outcome instanceof Response) return outcome;
      const isFinal = outcome instanceof EdgeJobsError && !RETRIED.includes(outcome.status);
      if (isFinal || tries >= retries) throw outcome;
      const backoff = FIRST_PAUSE_MS * 2 ** tries * (1 + Math.random());
      const asked = outcome instanceof EdgeJobsError ? outcome.retryAfterMs : undefined;
      if (asked !== undefined && asked > MAX_PAUSE_MS) throw outcome;
      await pause(asked ?? Math.min(backoff, MAX_PAUSE_MS), signal);
    }
  }

  async #once(
    { method, path, body }: WireRequest,
    signal: AbortSignal | undefined,
    more: Record<string, string>,
  ): Promise<Response | EdgeJobsError | ConnectionError> {
    const { key, fetch = globalThis.fetch } = this.#options;
    const headers = {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...more,
    };
    try {
      const response = await fetch(`${this.#base}${path}`, {
        method,
        headers,
        ...(body !== undefined && { body }),
        ...(signal && { signal }),
      });
      return response.ok ? response : await problemOf(response);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      return new ConnectionError(`No answer from ${this.#base}.`, { cause: error });
    }
  }
}
