import { describe, expect, it } from "vitest";
import { stepStatuses, useBench } from "./bench.ts";
import { sleep, stageOf, value } from "./steps.ts";

const bench = useBench();
const { http, effect } = stageOf(bench);

const loop = (steps: object[], more: object = {}) => ({ id: "loop", type: "repeat", steps, ...more });

describe("a plan that repeats, races and ends", () => {
  it.concurrent("goes round with its state in one engine step, each round's action once under its own key", async () => {
    const round = [effect("act"), value("sum", "{% $state + $round %}")];
    const id = await bench().submit([
      loop(round, { state: 0, until: "{% $state >= 6 %}" }),
      value("twice", "{% $steps.loop * 2 %}"),
    ]);
    const job = await bench().settled(id);
    expect(job).toMatchObject({ status: "succeeded", result: { value: 12 } });
    expect(Object.entries(bench().requests(id)).sort()).toEqual([1, 2, 3].map((n) => [`loop#${n}.act`, 1]));
    expect((await bench().instance(id))?.steps).toHaveLength(1);
  });

  it.concurrent("takes the first branch, and stops the others", async () => {
    const branches = { quick: [http("page", "/")], never: [sleep("nap", 3_600), effect("late")] };
    const steps = [{ id: "race", type: "parallel", first: true, branches }, value("who", "{% $steps.race.branch %}")];
    const id = await bench().submit(steps);
    expect(await bench().settled(id)).toMatchObject({ status: "succeeded", result: { value: "quick" } });
    expect(bench().requests(id)).not.toHaveProperty("race.never.late");
  });

  it.concurrent("ends where it is told to, from inside a round", async () => {
    const enough = {
      id: "enough",
      type: "end",
      when: "{% $round = 2 %}",
      code: "enough",
      message: "Round {% $round %}.",
    };
    const id = await bench().submit([loop([effect("act"), enough], { limit: 9 }), effect("after")]);
    const job = await bench().settled(id);
    expect(job).toMatchObject({ status: "failed", error_code: "enough", error: "Step loop#2.enough: Round 2." });
    expect(stepStatuses(job)).toEqual({ loop: "failed", after: "pending" });
    expect(Object.keys(bench().requests(id)).sort()).toEqual(["loop#1.act", "loop#2.act"]);
  });
});
