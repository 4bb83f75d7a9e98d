import fc from "fast-check";
import type { Fault, Rig } from "./rig.ts";

/** One thing that happens to both, the object and its model. The fault, if any, strikes the object while it happens. */
export interface Step {
  name: string;
  run: (rig: Rig, fault: Fault | null) => Promise<void>;
}
export type AnyStep = fc.Arbitrary<Step>;

/** Picks a job, counted from the newest; mostly one of the last few, so that much happens to the same. */
export const anyPick = () => fc.oneof({ weight: 3, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(1_000) });

export const named = <T extends object>(
  name: string,
  given: fc.Arbitrary<T>,
  run: (given: T) => Step["run"],
): AnyStep => given.map((values) => ({ name: `${name} ${JSON.stringify(values)}`, run: run(values) }));
