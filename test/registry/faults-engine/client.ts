import type { JobStatus } from "../../../src/jobs/view.ts";
import type { CallerApi, SubmitRequest } from "../../../src/registry/api/caller.ts";
import type { TriggerApi } from "../../../src/registry/api/trigger-calls.ts";
import { aListQuery, aRequest, CALLER } from "../bench.ts";
import type { SimClock } from "./clock.ts";
import type { Dice } from "./dice.ts";
import { LIMITED, SHAPES, type Shape } from "./shapes.ts";
import { deliver, FOLLOWING, followed, HOOKED, saveStarts } from "./starts.ts";
import type { OnBug } from "./witness.ts";

const LOOK_EVERY_MS = 45_000;
const SUBMITS_WITHIN_MS = 180_000;

export interface Acknowledged {
  shape: Shape;
  isCancelled: boolean;
  /** As it was first seen settled. */
  settled?: JobStatus;
}

/** The agents: they submit, look, answer, cancel and retry, and repeat with its key what got lost. */
export class Client {
  readonly jobs = new Map<string, Acknowledged>();
  readonly #caller: () => CallerApi & TriggerApi;
  readonly #clock: SimClock;
  readonly #dice: Dice;
  readonly #onBug: OnBug;
  readonly #retries = new Set<string>();
  #unsent: number;
  /** Each job of the hook that has ended has its follower. */
  #isFollowed = false;

  constructor(caller: () => CallerApi & TriggerApi, clock: SimClock, dice: Dice, jobs: number, onBug: OnBug) {
    this.#caller = caller;
    this.#clock = clock;
    this.#dice = dice;
    this.#onBug = onBug;
    this.#unsent = jobs;
    clock.after(0, () => void saveStarts(this.#caller()));
    for (let i = 0; i < jobs; i++) clock.after(dice.between(1, SUBMITS_WITHIN_MS), () => void this.#submit(i));
    clock.after(LOOK_EVERY_MS, () => void this.#look());
  }

  get isDone(): boolean {
    return (
      this.#unsent === 0 && this.#isFollowed && [...this.jobs.values()].every(({ settled }) => settled !== undefined)
    );
  }

  async #submit(i: number): Promise<void> {
    const shape = SHAPES[i % SHAPES.length];
    if (shape === undefined) throw new Error("no shapes");
    const isHooked = this.#dice.is(0.25);
    const accept = () => (isHooked ? deliver(this.#caller(), `key ${i}`) : this.#accept(shape, `key ${i}`));
    // The answer may get lost, so that it is asked for again.
    if (this.#dice.fault(0.2)) await accept();
    const reply = await accept();
    if ("refused" in reply) return this.#onBug("errors thrown", `a submit was refused: ${reply.refused}`);
    const { id } = reply;
    this.jobs.set(id, { shape: isHooked ? HOOKED : shape, isCancelled: false });
    this.#unsent -= 1;
    if (this.#dice.is(0.12)) this.#clock.after(this.#dice.between(0, 240_000), () => void this.#cancel(id));
  }

  async #accept(shape: Shape, key: string): Promise<{ id: string } | { refused: string }> {
    const reply = await this.#caller().submit(CALLER, this.#request(shape, key));
    return reply.ok ? reply.value : { refused: reply.error.code };
  }

  #request(shape: Shape, key: string): SubmitRequest {
    return aRequest({
      plan: shape.plan,
      plan_hash: shape.name,
      blueprint: shape.isLimited ? LIMITED : `${shape.name}@1`,
      ...(shape.isLimited && { concurrency: { limit: 1, when_full: "queue" as const } }),
      timeout_ms: shape.timeout_ms,
      run_at: shape.startsIn > 0 ? this.#clock.now + shape.startsIn : null,
      idempotency: { key, request_hash: "same" },
    });
  }

  async #cancel(id: string): Promise<void> {
    const reply = await this.#caller().cancel(CALLER, id, "not needed");
    const job = this.jobs.get(id);
    if (!reply.ok || job === undefined) return this.#onBug("lost", id);
    if (reply.value.changed) job.isCancelled = true;
  }

  async #look(): Promise<void> {
    this.#clock.after(LOOK_EVERY_MS, () => void this.#look());
    if (this.isDone) return;
    await this.#follow();
    const known = [...this.jobs];
    const { jobs } = await this.#caller().list(CALLER, aListQuery());
    const listed = new Map(jobs.map((row) => [row.id, row]));
    for (const [id, job] of known) {
      const row = listed.get(id);
      if (row === undefined) this.#onBug("lost", `${id}, in the list`);
      else if (row.completed_at !== null && job.settled === undefined) await this.#noteEnd(id, job);
      else if (row.status === "input_required" && this.#dice.is(0.6)) await this.#answer(id);
    }
  }

  /** What the trigger has started is looked after like any other job. */
  async #follow(): Promise<void> {
    const { ended, followers: all } = await followed(this.#caller());
    const followers = all.filter((id) => !this.#retries.has(id));
    for (const id of followers) {
      if (!this.jobs.has(id)) this.jobs.set(id, { shape: FOLLOWING, isCancelled: false });
    }
    if (followers.length > ended) this.#onBug("handed over twice", `${followers.length} jobs follow ${ended}`);
    this.#isFollowed = followers.length === ended;
  }

  async #answer(id: string): Promise<void> {
    const answer = { request_id: "ask", action: "accept" as const, content: {} };
    await this.#caller().respond(CALLER, id, answer);
    if (this.#dice.fault(0.2)) await this.#caller().respond(CALLER, id, answer);
  }

  async #noteEnd(id: string, job: Acknowledged): Promise<void> {
    const status = await this.#statusOf(id);
    if (status === undefined) return;
    job.settled = status;
    if (status.status === "failed" && this.#dice.is(0.3)) await this.#retry(id, job);
  }

  async #statusOf(id: string): Promise<JobStatus | undefined> {
    const reply = await this.#caller().status(CALLER, id, { steps: true, events: true });
    if (reply.ok) return reply.value;
    this.#onBug("lost", id);
    return undefined;
  }

  /** A settled job is as it was first seen. */
  async checkEnds(): Promise<void> {
    await this.#follow();
    if (!this.#isFollowed) this.#onBug("lost", "a job that follows one of the hook");
    const { hooked } = await followed(this.#caller());
    for (const id of hooked) if (!this.jobs.has(id)) this.#onBug("handed over twice", `${id}, of one delivery`);
    for (const [id, { settled }] of this.jobs) {
      const now = JSON.stringify(await this.#statusOf(id));
      if (settled !== undefined && JSON.stringify(settled) !== now)
        this.#onBug("settled twice", `${id} changed after its end`);
    }
  }

  async #retry(id: string, { shape }: Acknowledged): Promise<void> {
    const reply = await this.#caller().retry(CALLER, id, { from_step: null, input: null });
    if (!reply.ok) return this.#onBug("errors thrown", `the retry of ${id} was refused: ${reply.error.code}`);
    this.#retries.add(reply.value.id);
    this.jobs.set(reply.value.id, { shape, isCancelled: false });
  }
}
