import { describe, expect, it } from "vitest";
import { checkBlueprint } from "../../../src/blueprint/checks/check.ts";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { aBlueprint, aTransform } from "../support.ts";

const check = (steps: Json[], more: JsonObject = {}) => checkBlueprint(aBlueprint(steps, more), { handlers: [] });
const faultsOf = (steps: Json[], more: JsonObject = {}) => {
  const checked = check(steps, more);
  return checked.ok ? [] : checked.error.map(({ path, message, fix }) => [path, `${message}. ${fix}`]);
};
const loop = (more: JsonObject = {}): JsonObject => ({
  id: "loop",
  type: "repeat",
  steps: [aTransform("page", 1)],
  ...more,
});
const STEP = "blueprint.steps[0]";

describe("a repeat", () => {
  it("holds its defaults, and neither a retry nor a timeout of one try", () => {
    const checked = check([loop()]);
    expect(checked.ok && checked.value.steps[0]).toEqual({
      ...{ id: "loop", type: "repeat", on_error: "fail", state: {}, limit: 100, on_limit: "fail" },
      steps: [expect.objectContaining({ id: "page" })],
    });
  });

  it("may use its state, round and steps in next, while and until, and the state and round inside", () => {
    const steps = [
      loop({
        steps: [aTransform("page", "{% $state.n + $round %}"), aTransform("more", "{% $steps.page %}")],
        next: { n: "{% $state.n + $round + $steps.more %}" },
        until: "{% $state.n > $round and $exists($steps.page) %}",
      }),
    ];
    expect(faultsOf(steps)).toEqual([]);
  });

  it.each<[string, Json[], string, string]>([
    ["state without its sign", [loop({ until: "{% state.n %}" })], `${STEP}.until`, "Write $state."],
    ["$state outside", [aTransform("a", "{% $state %}")], `${STEP}.value`, "$state exists only inside repeat"],
    ["$state in its limit", [loop({ limit: "{% $state %}" })], `${STEP}.limit`, "$state exists only inside repeat"],
    ["$state in its pause", [loop({ pause: "{% $state %}" })], `${STEP}.pause`, "$state exists only inside repeat"],
    ["its own steps in its state", [loop({ state: "{% $steps.page %}" })], `${STEP}.state`, "is inside another step"],
    ["its own output in until", [loop({ until: "{% $steps.loop %}" })], `${STEP}.until`, "does not come before"],
    [
      "while beside until",
      [loop({ while: "{% true %}", until: "{% true %}" })],
      `${STEP}.until`,
      "stands beside while. Keep one of them",
    ],
    ["no steps", [loop({ steps: [] })], `${STEP}.steps`, "at least 1"],
    ["no round", [loop({ limit: 0 })], `${STEP}.limit`, "at least 1"],
    ["a retry", [loop({ retry: { limit: 2 } })], `${STEP}.retry`, "use one of the fields"],
    ["a pause without a unit", [loop({ pause: 5 })], `${STEP}.pause`, '"5 seconds"'],
    ["a condition that is no expression", [loop({ until: true })], `${STEP}.until`, ""],
    ["an unknown end at the limit", [loop({ on_limit: "continue" })], `${STEP}.on_limit`, "stop"],
  ])("refuses %s, with its place and what to do", (_what, steps, path, text) => {
    const faults = faultsOf(steps);
    expect(faults).toContainEqual([path, expect.stringContaining(text)]);
  });

  it("shows what is inside it to nothing after it", () => {
    const after = aTransform("after", "{% $steps.page %}");
    expect(faultsOf([loop(), after])).toEqual([
      ["blueprint.steps[1].value", expect.stringContaining("inside another step")],
    ]);
  });

  it("is known to yield what next makes, or the last of its steps", () => {
    const made = loop({ next: { n: 1 } });
    expect(faultsOf([made], { output: "{% $steps.loop.m %}" })[0]?.[1]).toContain("Use one of $steps.loop.n");
    const last = loop({ steps: [aTransform("page", { n: 1 })] });
    expect(faultsOf([last], { output: "{% $steps.loop.m %}" })[0]?.[1]).toContain("Use one of $steps.loop.n");
    expect(faultsOf([made, last].slice(0, 1), { output: "{% $steps.loop.n %}" })).toEqual([]);
  });
});
