import type { Claimed, WorkReport } from "../../../src/registry/api/worker-api.ts";
import { CALLER } from "../bench.ts";
import type { SimClock } from "./clock.ts";
import type { Dice } from "./dice.ts";
import { LEASE_MS, QUEUE } from "./shapes.ts";
import type { Work } from "./work-witness.ts";

const WORKERS = 3;
const MOST = 2;

const COMPLETE: WorkReport = { action: "complete", output: { at: "worked" } };
const FAIL: WorkReport = { action: "fail", error: { code: "busy", message: "Busy.", retryable: true } };

/** Workers of one queue, who die, pause for longer than their lease, give back, report twice, and lose answers. */
export class SimWorkers {
  readonly #api: () => Work;
  readonly #clock: SimClock;
  readonly #dice: Dice;

  constructor(api: () => Work, clock: SimClock, dice: Dice) {
    this.#api = api;
    this.#clock = clock;
    this.#dice = dice;
    for (let i = 0; i < WORKERS; i++) clock.after(dice.between(1, 5_000), () => void this.#ask());
  }

  async #ask(): Promise<void> {
    this.#clock.after(this.#dice.between(1_000, 5_000), () => void this.#ask());
    const request = { queues: [QUEUE], max: MOST, room_bytes: 10_000, worker: "sim" };
    const claims = await this.#api().claimWork(CALLER, request, 0);
    // Whose answer got lost has leases that it does not know of.
    if (this.#dice.fault(0.1)) return;
    for (const claim of claims) void this.#work(claim);
  }

  async #work(claim: Claimed): Promise<void> {
    const { clock, dice } = { clock: this.#clock, dice: this.#dice };
    if (dice.fault(0.1)) return;
    const isLate = dice.fault(0.15);
    await clock.sleep(dice.between(200, 8_000));
    if (dice.is(0.5)) await this.#report(claim, { action: "heartbeat" });
    await clock.sleep(isLate ? LEASE_MS + dice.between(0, 60_000) : dice.between(200, 8_000));
    if (dice.fault(0.1)) return this.#report(claim, { action: "release" });
    await this.#report(claim, dice.fault(0.15) ? FAIL : COMPLETE);
  }

  async #report(claim: Claimed, report: WorkReport): Promise<void> {
    const send = () => this.#api().reportWork(CALLER, claim, report);
    if (this.#dice.fault(0.05)) return;
    await send();
    // The answer got lost, or the report was doubled on its way.
    if (this.#dice.fault(0.2)) this.#clock.after(this.#dice.between(1, 30_000), () => void send());
  }
}
