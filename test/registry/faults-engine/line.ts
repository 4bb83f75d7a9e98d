import type { RunnerApi, RunRef } from "../../../src/registry/api/caller.ts";
import { held, type Life, type SimClock } from "./clock.ts";
import type { Dice } from "./dice.ts";

const FAULTS = ["lost", "unanswered", "late", "answered late", "doubled", "swallowed"] as const;
const FAULT_RATE = 0.06;
const NEVER = new Promise<never>(() => undefined);

/** The registry as a runner reaches it: reports may get lost, come late, out of order, twice or never. */
export function unreliableLine(deliver: RunnerApi, life: Life, clock: SimClock, dice: Dice): RunnerApi {
  const carry = async (send: () => Promise<unknown>): Promise<unknown> => {
    if (!dice.fault(FAULT_RATE)) return send();
    const long = dice.between(100, 60_000);
    switch (dice.pick(FAULTS)) {
      case "lost":
        throw new Error("the connection was lost");
      case "unanswered":
        await send();
        throw new Error("the connection was lost");
      case "late":
        // Also after the death of the process that sent it.
        await clock.sleep(long);
        return send();
      case "answered late": {
        const answer = await send();
        await clock.sleep(long);
        return answer;
      }
      case "doubled":
        clock.after(long, () => void send());
        return send();
      case "swallowed":
        if (dice.is(0.5)) await send();
        return NEVER;
    }
  };
  return new Proxy(deliver, {
    get: (_target, method: keyof RunnerApi) => {
      const report = deliver[method] as (ref: RunRef, ...rest: unknown[]) => Promise<unknown>;
      return (ref: RunRef, ...rest: unknown[]) => {
        if (!life.alive) return NEVER;
        return held(
          life,
          carry(() => report(ref, ...rest)),
        );
      };
    },
  });
}
