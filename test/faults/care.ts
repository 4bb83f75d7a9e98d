import { setTimeout as sleep } from "node:timers/promises";
import { isJsonObject, type JsonObject } from "../../src/lib/json.ts";
import type { SampleService } from "../../tooling/sample-service.ts";
import type { ToolReply } from "../support/clients.ts";
import { QUEUE, type Shape, TOLD } from "./workload.ts";

/** All others that jobs meet while their server is killed: who starts, answers, cancels, works, follows and listens. */

export type Ask = (tool: string, args: Record<string, unknown>) => Promise<ToolReply>;

const FOLLOWER = "on-told";
const CLOCK = "every-minute";
const MINUTE_MS = 60_000;
const PAGE = 100;

/** Goes on asking until it is answered: what it asks for is known by a key, so that it happens once. */
async function untilAnswered<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(200);
  }
}

/** A refusal is a fault of the test, and no answer one of the server that was killed. */
async function structured(reply: Promise<ToolReply>): Promise<Record<string, unknown> | undefined> {
  const answer = await reply.catch(() => undefined);
  if (answer?.isError) throw new Error(answer.text);
  return answer?.structured;
}

interface LedgerLine {
  occurrence?: string;
  from?: string;
  to?: string;
}

export class Others {
  readonly #ask: Ask;
  readonly #service: SampleService;
  readonly #hooks = new Map<string, string>();
  #cursor: unknown;

  constructor(ask: Ask, service: SampleService) {
    this.#ask = ask;
    this.#service = service;
  }

  async #need(tool: string, args: Record<string, unknown>): Promise<Record<string, unknown>> {
    return untilAnswered(() => structured(this.#ask(tool, args)));
  }

  /** Hooks for the shapes that one starts, a plan that follows what others tell, a clock, and a listener. */
  async begin(shapes: readonly Shape[]): Promise<void> {
    for (const { name, steps } of shapes.filter(({ starts }) => starts === "hook")) {
      const webhook = { verify: null, dedupe: "{% $event.headers.'x-delivery' %}" };
      const { url } = await this.#need("triggers_save", { name, blueprint: { name, steps }, webhook });
      this.#hooks.set(name, String(url));
    }
    const tell = { id: "tell", type: "http", method: "POST", url: `${this.#service.url}/effects` };
    const steps = [{ ...tell, body: { follows: "{% $input.event.data.job %}" }, timeout: "5 seconds" }];
    await this.#need("triggers_save", { name: FOLLOWER, blueprint: { name: FOLLOWER, steps }, event: { name: TOLD } });
    const schedule = { cron: "* * * * *", overlap: "allow" };
    const tick = { name: CLOCK, steps: [{ id: "tick", type: "transform", value: 1 }] };
    await this.#need("triggers_save", { name: CLOCK, blueprint: tick, schedule });
    this.#cursor = (await this.#need("events_read", {})).next_cursor;
  }

  /** @returns the job's id */
  start({ name, steps, starts }: Shape, key: string): Promise<string> {
    if (starts === "hook") return untilAnswered(() => this.#deliver(String(this.#hooks.get(name)), key));
    const args = { blueprint: { name, steps }, idempotency_key: key, metadata: { course: name } };
    return this.#need("jobs_submit_blueprint", args).then(({ id }) => String(id));
  }

  async #deliver(url: string, key: string): Promise<string | undefined> {
    const init = { method: "POST", headers: { "x-delivery": key }, body: "" };
    const response = await fetch(url, init).catch(() => undefined);
    const text = await response?.text().catch(() => undefined);
    if (response === undefined || text === undefined) return undefined;
    if (response.status !== 202) throw new Error(`${response.status} ${text}`);
    return String(JSON.parse(text).job_id);
  }

  /** What the job needs to come to its end. */
  async careFor(
    id: string,
    { care }: Shape,
    { status, step }: { status: string; step?: string | null },
  ): Promise<void> {
    const isAsking = status === "input_required";
    if (care === "answer" && isAsking) {
      await this.#ask("jobs_respond", { job_id: id, request_id: "ask", action: "accept", content: {} });
    }
    if (care === "follow the link" && isAsking) await this.#follow(id);
    if (care === "cancel" && step === "nap") await this.#ask("jobs_cancel", { job_id: id });
    if (care === "cancel many" && step === "nap") {
      await this.#ask("jobs_bulk", { action: "cancel", where: { metadata: { course: "bulk" } }, dry_run: false });
    }
    if (care === "work" && step === "work") await this.#work();
  }

  async #follow(id: string): Promise<void> {
    const { body } = this.#service.effects.find(({ idempotencyKey }) => idempotencyKey?.startsWith(`${id}.a`)) ?? {};
    const { link } = body as { link: string };
    const headers = { "content-type": "application/json" };
    await fetch(link, { method: "POST", headers, body: "{}" }).then((response) => response.arrayBuffer());
  }

  /** A claim that is lost with its answer is offered again when its lease is over. */
  async #work(): Promise<void> {
    const claimed = await this.#ask("work_claim", { queues: [QUEUE], max: 16, wait_seconds: 0, worker: "a worker" });
    for (const { claim } of (claimed.structured.claims ?? []) as { claim: string }[]) {
      await this.#ask("work_report", { claim, action: "complete", output: {} });
    }
  }

  /** Jobs that tell more than one follower, or none, and followers of nobody, by the id of what they follow. */
  wronglyFollowed(tellers: readonly string[]): string[] {
    const followers = new Map(tellers.map((id) => [id, new Set<string>()]));
    for (const { body, idempotencyKey } of this.#service.effects) {
      if (!isJsonObject(body as JsonObject) || (body as JsonObject).follows === undefined) continue;
      const followed = String((body as JsonObject).follows);
      const known = followers.get(followed) ?? new Set();
      followers.set(followed, known.add(idempotencyKey?.split(".")[0] ?? ""));
    }
    return [...followers].flatMap(([id, { size }]) => (size === 1 && tellers.includes(id) ? [] : [id]));
  }

  /** Of these jobs, those whose end the log does not tell of exactly once. */
  async wronglyTold(ids: readonly string[]): Promise<string[]> {
    const told: string[] = [];
    for (let hasMore: unknown = true; hasMore === true; ) {
      const page = await this.#need("events_read", { cursor: this.#cursor, names: ["job.settled"], limit: PAGE });
      if (page.truncated === true) return ["the log is truncated"];
      told.push(...(page.events as { data: { job_id: string } }[]).map(({ data }) => data.job_id));
      this.#cursor = page.next_cursor;
      hasMore = page.has_more;
    }
    const counts = Map.groupBy(told, (id) => id);
    return ids.filter((id) => counts.get(id)?.length !== 1);
  }

  /** Minutes, from the first to the last that the clock's ledger tells of, that are in it twice or not at all. */
  async wrongMinutes(): Promise<string[]> {
    const { ledger } = await this.#need("triggers_list", { name: CLOCK, limit: PAGE });
    const spans = (ledger as LedgerLine[])
      .map(({ occurrence = "", from = occurrence, to = occurrence }) => [Date.parse(from), Date.parse(to)] as const)
      .sort(([a], [b]) => a - b);
    return spans.flatMap(([from], i) => {
      const before = spans[i - 1]?.[1];
      return before === undefined || from === before + MINUTE_MS ? [] : [new Date(from).toISOString()];
    });
  }
}
