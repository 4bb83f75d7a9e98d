import { describe, expect, it } from "vitest";
import { checkBlueprint } from "../../src/blueprint/checks/check.ts";
import { cleansUp, undoableSteps, undoSteps } from "../../src/blueprint/undo.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { aBlueprint, aTransform } from "./support.ts";

const check = (document: Json) => checkBlueprint(document, { handlers: [] });
const faultsOf = (document: Json) => {
  const checked = check(document);
  return checked.ok ? [] : checked.error.map(({ path }) => path);
};
function planOf(document: Json) {
  const checked = check(document);
  if (!checked.ok) throw new Error(JSON.stringify(checked.error));
  return checked.value;
}

const call = (more: JsonObject = {}): JsonObject => ({ type: "http", url: "https://example.com/", ...more });
const pay = (undo: Json): JsonObject => ({ id: "pay", ...call({ undo }) });

describe("undo", () => {
  it("is one step, whose path is that of its step, or a list, with a path for each", () => {
    const { steps } = planOf(
      aBlueprint([pay(call()), { ...pay([call(), call({ id: "tell" })]), id: "two" }, aTransform("none")]),
    );
    expect(steps.map((step) => undoSteps(step).map(({ suffix }) => suffix))).toEqual([
      [".undo"],
      [".undo.undo_1", ".undo.tell"],
      [],
    ]);
    expect(undoSteps(steps[0] ?? {})[0]?.step).toMatchObject({ type: "http", timeout: "30 seconds", method: "GET" });
  });

  it("is known of steps inside others, and of those whose outcome may be unknown", () => {
    const plan = planOf(
      aBlueprint([
        { id: "all", type: "map", over: "{% $input.list %}", steps: [pay(call({ unknown: true }))] },
        {
          id: "both",
          type: "parallel",
          first: true,
          branches: { a: [{ ...pay(call()), id: "other" }], b: [aTransform("t")] },
        },
      ]),
    );
    expect(undoableSteps(plan)).toEqual({
      known: new Set(["pay", "other"]),
      unknown: new Set(["pay"]),
      around: new Set(["all"]),
      races: new Map([["both", ["a", "b"]]]),
    });
    expect(cleansUp(plan)).toBe(true);
    expect(cleansUp(planOf(aBlueprint([aTransform("a")])))).toBe(false);
    expect(cleansUp(planOf(aBlueprint([aTransform("a")], { finally: [aTransform("b")] })))).toBe(true);
  });

  it("sees what its step saw, and the step's output; finally sees the job's outcome", () => {
    const body = { item: "{% $item %}", before: "{% $steps.first %}", own: "{% $steps.pay.body.id %}" };
    const steps = [
      aTransform("first"),
      { id: "all", type: "map", over: [1], steps: [pay(call({ method: "POST", body }))] },
    ];
    const last = aTransform("last", "{% $outcome.status & $outcome.error.code & $string($steps.all) %}");
    expect(faultsOf(aBlueprint(steps, { finally: [last] }))).toEqual([]);
  });

  it.each<[string, Json, string]>([
    ["of a kind without an effect", { ...aTransform("a"), undo: call() }, "blueprint.steps[0].undo"],
    ["of an unknown type", pay({ type: "nothing" }), "blueprint.steps[0].undo.type"],
    ["without steps", pay([]), "blueprint.steps[0].undo"],
    ["that is text", pay("undo it"), "blueprint.steps[0].undo"],
    ["with an undo of its own", pay(call({ undo: call() })), "blueprint.steps[0].undo.undo"],
    ["that ends the job", pay([call(), { id: "e", type: "end" }]), "blueprint.steps[0].undo[1].type"],
    [
      "with a step that comes later",
      pay(call({ query: { a: "{% $steps.later.a %}" } })),
      "blueprint.steps[0].undo.query.a",
    ],
    ["with the outcome", pay(call({ query: { a: "{% $outcome.status %}" } })), "blueprint.steps[0].undo.query.a"],
    ["with a wrong expression in its list", pay([call({ when: "{% $nope %}" })]), "blueprint.steps[0].undo[0].when"],
    [
      "beside pages",
      { ...pay(call()), pages: { items: "{% $response.body %}", next: "link" } },
      "blueprint.steps[0].undo",
    ],
    ["with an id that there is", pay(call({ id: "pay" })), "blueprint.steps[0].undo.id"],
  ])("%s is refused at its place", (_, step, path) => {
    expect(faultsOf(aBlueprint([step]))).toContain(path);
  });

  it.each<[string, Json, string]>([
    ["that is empty", [], "blueprint.finally"],
    ["with an undo", [pay(call())], "blueprint.finally[0].undo"],
    ["with a field that the outcome never has", [aTransform("a", "{% $outcome.code %}")], "blueprint.finally[0].value"],
    ["with an id of a step", [aTransform("s")], "blueprint.finally[0].id"],
  ])("finally %s is refused at its place", (_, last, path) => {
    expect(faultsOf(aBlueprint([aTransform("s")], { finally: last }))).toContain(path);
  });
});
