import { expect, it } from "vitest";
import { OnceMore } from "../../../src/lib/thread/once-more.ts";

/** Work that notes each of its runs, and may ask for more of itself. */
function noted(during: (looks: OnceMore, run: number) => Promise<void> = async () => undefined) {
  const runs: number[] = [];
  const looks: OnceMore = new OnceMore(async () => {
    runs.push(runs.length + 1);
    await during(looks, runs.length);
  });
  return { looks, runs };
}

it("whoever asks while it goes on has it done once more, however many ask", async () => {
  const { looks, runs } = noted(async (own, run) => {
    if (run === 1) for (let i = 0; i < 3; i++) void own.ask();
  });
  await looks.ask();
  expect(runs).toEqual([1, 2]);
});

it("is done for whoever asks in whichever moment of its end", async () => {
  for (let moment = 0; moment < 12; moment++) {
    const { looks, runs } = noted();
    const first = looks.ask();
    for (let i = 0; i < moment; i++) await null;
    const before = runs.length;
    await looks.ask();
    expect(runs.length, `after ${moment} turns`).toBeGreaterThan(before);
    await first;
  }
});

it("is never beside itself", async () => {
  let inside = 0;
  const { looks, runs } = noted(async () => {
    inside += 1;
    expect(inside).toBe(1);
    await null;
    inside -= 1;
  });
  await Promise.all([looks.ask(), looks.ask(), looks.ask()]);
  await looks.ask();
  expect(runs.length).toBeGreaterThan(1);
});
