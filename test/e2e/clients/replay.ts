import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Json, JsonObject } from "../../../src/lib/json.ts";

/** What real clients sent to 0.1.0, and how it is sent again: word for word, but for names that each server makes anew. */

/** One request as a client sent it; tokens are blanked as `…`. */
export interface Recorded {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: JsonObject | "" | string;
}

/** A request as it was sent now, and its answer. */
export interface Exchange {
  sent: Recorded;
  /** When it was sent, epoch ms. */
  at: number;
  status: number;
  headers: Headers;
  text: string;
  /** Of the JSON-RPC request. */
  rpc: { method?: string; id?: Json; params: JsonObject };
  /** The JSON-RPC answer; undefined where the answer is none. */
  answer?: { id?: Json; result?: JsonObject; error?: { code: number; message: string } };
}

export async function recording(name: string): Promise<Recorded[]> {
  const lines = await readFile(join(import.meta.dirname, "recorded", `${name}.jsonl`), "utf8");
  return lines
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Recorded);
}

const WORLD = "127.0.0.1:9601";
const SERVER = "127.0.0.1:9602";
const JOB_ID = /job_[0-9a-z]{28}/g;
const NAP = /"for":"\d\d? seconds?"/g;

/** What stands in the place of the names in the recordings. */
export interface Names {
  /** Origins, without a slash at the end. */
  server: string;
  world: string;
}

/** Claude Code asks no less often than this. */
const LONGEST_POLL_MS = 30_000;

/**
 * Sends recorded requests one after the other, without the pauses between them but for those that the answers ask for:
 * a task is asked for again when the last answer said so. A job id stands for that of the job submitted last when it is
 * first met.
 */
export class Replay {
  readonly exchanges: Exchange[] = [];
  readonly #names: Names;
  readonly #jobs = new Map<string, string>();
  #lastJob = "";
  #pollMs = 0;

  constructor(names: Names) {
    this.#names = names;
  }

  async sendAll(requests: Recorded[]): Promise<Exchange[]> {
    for (const request of requests) await this.send(request);
    return this.exchanges;
  }

  async send(request: Recorded): Promise<Exchange> {
    if (rpcOf(request.body).method === "tasks/get") await sleep(this.#pollMs);
    const sent = JSON.parse(this.renamed(JSON.stringify(request))) as Recorded;
    const { method, path, headers, body } = sent;
    const at = Date.now();
    const response = await fetch(`${this.#names.server}${path}`, {
      method,
      headers,
      redirect: "manual",
      ...(method === "POST" && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const exchange = { sent, at, status: response.status, headers: response.headers, text, rpc: rpcOf(body) };
    const answer = answerOf(text, exchange.rpc.id);
    this.#lastJob = jobOf(exchange.rpc, answer?.result) ?? this.#lastJob;
    this.#pollMs = exchange.rpc.method === "tasks/get" ? pollMs(answer?.result) : 0;
    const whole = { ...exchange, ...(answer && { answer }) };
    this.exchanges.push(whole);
    return whole;
  }

  /** Goes on as the client did, with its last request for the task, until the task has settled. */
  async untilSettled(): Promise<Exchange> {
    const last = this.exchanges.at(-1);
    if (last?.rpc.method !== "tasks/get") throw new Error("the last request asked for no task");
    return ["working", "input_required"].includes(String(last.answer?.result?.status))
      ? this.send(last.sent).then(() => this.untilSettled())
      : last;
  }

  /** @param text of a recorded request */
  protected renamed(text: string): string {
    const { server, world } = this.#names;
    const [serverHost, worldHost] = [new URL(server).host, new URL(world).host];
    return text
      .replaceAll(WORLD, worldHost)
      .replaceAll(SERVER, serverHost)
      .replaceAll(encodeURIComponent(SERVER), encodeURIComponent(serverHost))
      .replace(NAP, '"for":"2 seconds"')
      .replace(JOB_ID, (id) => this.#jobNow(id));
  }

  #jobNow(recorded: string): string {
    if (recorded === this.#lastJob) return recorded;
    const now = this.#jobs.get(recorded) ?? this.#lastJob;
    this.#jobs.set(recorded, now);
    return now;
  }
}

function rpcOf(body: Recorded["body"]): Exchange["rpc"] {
  if (typeof body === "string") return { params: {} };
  const { method, id, params = {} } = body as { method?: string; id?: Json; params?: JsonObject };
  return { params, ...(method !== undefined && { method }), ...(id !== undefined && { id }) };
}

/** The message that answers this id: the whole body, or one event of a stream. */
function answerOf(text: string, id: Json | undefined): Exchange["answer"] {
  if (id === undefined) return undefined;
  const messages = text.startsWith("{") ? [text] : [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => data ?? "");
  return messages.map((message) => JSON.parse(message)).find((message) => message.id === id);
}

const pollMs = ({ pollIntervalMs = 0 }: JsonObject = {}): number => Math.min(Number(pollIntervalMs), LONGEST_POLL_MS);

function jobOf({ params }: Exchange["rpc"], result: JsonObject | undefined): string | undefined {
  if (params.name !== "jobs_submit_blueprint") return undefined;
  const { id } = (result?.structuredContent ?? {}) as { id?: string };
  return id;
}
