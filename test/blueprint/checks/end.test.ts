import { describe, expect, it } from "vitest";
import { checkBlueprint } from "../../../src/blueprint/checks/check.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { aBlueprint, aTransform } from "../support.ts";

const faultsOf = (step: JsonObject, more: JsonObject = {}): string[][] => {
  const document = aBlueprint([{ id: "stop", type: "end", ...step }, aTransform("after")], more);
  const checked = checkBlueprint(document, { handlers: [] });
  return checked.ok ? [] : checked.error.map(({ path, message, fix }) => [path, `${message}. ${fix}`]);
};
const STEP = "blueprint.steps[0]";

describe("an end", () => {
  it.each<JsonObject>([
    {},
    { code: "a".repeat(64), message: "{% $input.why %}" },
    { as: "succeeded", output: { n: "{% $input.n %}" }, message: "Done." },
  ])("may be %j", (step) => expect(faultsOf(step)).toEqual([]));

  it.each<[string, JsonObject, string, string]>([
    ["an output of a failure", { output: 1 }, `${STEP}.output`, 'Write "as": "succeeded"'],
    ["a code of a success", { as: "succeeded", code: "fine" }, `${STEP}.code`, "only a failure has a code"],
    ["a code of the server's own", { code: "engine_lost" }, `${STEP}.code`, "Call it otherwise."],
    ["a code of too many characters", { code: "a".repeat(65) }, `${STEP}.code`, "1 to 64"],
    ["a code that is no name", { code: "Not found" }, `${STEP}.code`, "1 to 64"],
    ["another end", { as: "cancelled" }, `${STEP}.as`, "succeeded"],
    ["a retry", { retry: { limit: 1 } }, `${STEP}.retry`, "use one of the fields"],
    [
      "a message over nothing that there is",
      { message: "{% $steps.none %}" },
      `${STEP}.message`,
      "no step is called none",
    ],
  ])("is refused with %s, with its place and what to do", (_what, step, path, text) => {
    expect(faultsOf(step)).toContainEqual([path, expect.stringContaining(text)]);
  });

  it("is known to yield nothing", () => {
    expect(faultsOf({}, { output: "{% $steps.stop.code %}" })[0]?.[1]).toContain("never has a field code");
  });
});
