import type { RunParams } from "../../../src/env.ts";
import { instanceId } from "../../../src/jobs/job.ts";
import { FakeEngine } from "../dispatch/fake-engine.ts";

interface Rate {
  clock: { now: number };
  /** New instances a second; so many can come at once after a quiet second. */
  perSecond: number;
  /** How long one call takes. */
  callMs: number;
  /** A call for more than there is room for makes none of them, or as many as there is room for. It fails in both cases. */
  tooMany: "none" | "some";
}

/** An engine that makes so many instances a second and refuses more, as Cloudflare's does. */
export class RatedEngine extends FakeEngine {
  /** The instances in the order in which they were made. */
  readonly made: { jobId: string; at: number }[] = [];
  readonly #ids = new Set<string>();
  calls = 0;
  refusals = 0;
  /** Epoch ms from and until which it takes nothing. */
  down: readonly [from: number, until: number] = [0, 0];
  readonly #rate: Rate;
  #room: number;
  #filledAt: number;

  constructor(rate: Rate) {
    super();
    this.#rate = rate;
    this.#room = rate.perSecond;
    this.#filledAt = rate.clock.now;
  }

  override async startAll(runs: readonly RunParams[]): Promise<void> {
    const { clock, perSecond, callMs, tooMany } = this.#rate;
    this.calls += 1;
    clock.now += callMs;
    this.#room = Math.min(this.#room + ((clock.now - this.#filledAt) * perSecond) / 1_000, perSecond);
    this.#filledAt = clock.now;
    const fresh = runs.filter((run) => !this.#ids.has(instanceId(run.job_id, run.attempt)));
    const isDown = clock.now >= this.down[0] && clock.now < this.down[1];
    const fits = !isDown && fresh.length <= this.#room;
    const taken = fits ? fresh : tooMany === "some" && !isDown ? fresh.slice(0, Math.floor(this.#room)) : [];
    this.#room -= taken.length;
    for (const { job_id: jobId, attempt } of taken) {
      this.#ids.add(instanceId(jobId, attempt));
      this.made.push({ jobId, at: clock.now });
    }
    if (fits) return super.startAll(fresh);
    this.refusals += 1;
    throw new Error("instance.create: too many requests (429)");
  }
}
