import type { Json } from "../../../src/lib/json.ts";
import type { RunnerPorts } from "../../../src/runner/ports.ts";
import type { SimClock } from "./clock.ts";
import type { Dice } from "./dice.ts";

/** What the jobs' steps call: `ok`, `slow`, `flaky` (its first two answers are errors), `bad`, `poll` (ready at the third). */
export class Service {
  effects = 0;
  readonly #clock: SimClock;
  readonly #dice: Dice;
  readonly #calls = new Map<string, number>();

  constructor(clock: SimClock, dice: Dice) {
    this.#clock = clock;
    this.#dice = dice;
  }

  readonly fetch: RunnerPorts["fetch"] = async (url, init) => {
    const at = new URL(url).pathname.slice(1);
    const key = new Headers(init?.headers).get("idempotency-key") ?? "";
    const calls = (this.#calls.get(key) ?? 0) + 1;
    this.#calls.set(key, calls);
    this.effects += 1;
    await this.#clock.sleep(at === "slow" ? this.#dice.between(2_000, 20_000) : this.#dice.between(5, 2_000));
    if (this.#dice.fault(0.05)) throw new Error("connection reset");
    if (at === "bad" || (at === "flaky" && calls <= 2)) return answer(500, { error: at });
    return answer(200, { at, ready: calls >= 3 });
  };
}

/** Its body is there at once: a real one arrives by the real clock. */
function answer(status: number, value: Json): Response {
  const body = [new TextEncoder().encode(JSON.stringify(value))];
  const headers = new Headers({ "content-type": "application/json" });
  return { status, statusText: "", headers, body } as unknown as Response;
}
