import { describe, expect, it } from "vitest";
import { Blueprint, type BlueprintInput } from "../../../src/blueprint/blueprint.ts";
import type { Json } from "../../../src/lib/json.ts";
import type { Explanation } from "../../../src/registry/api/caller.ts";
import { filledStep } from "../../../src/service/explanation/filled-step.ts";
import { jobStatus } from "../../mcp/support.ts";

const explanation = (steps: BlueprintInput["steps"], input: Json, outputs: Explanation["outputs"]): Explanation => ({
  status: jobStatus({ id: "job_1" }),
  plan: Blueprint.parse({ name: "told", steps }),
  input,
  outputs,
  similar: [],
});

const send = {
  id: "send",
  type: "http",
  url: "https://x.example/{% $input.id %}",
  body: { n: "{% $steps.sum %}" },
} as const;
const sum = { id: "sum", type: "transform", value: "{% $sum($steps.rows.n) %}" } as const;
const rows = { id: "rows", type: "http", url: "https://x.example/rows" } as const;

describe("a step as it was done", () => {
  it("has the outputs of the steps before it in place of its expressions, those of transforms computed again", async () => {
    const known = explanation([rows, sum, send], { id: 7 }, { rows: [{ n: 1 }, { n: 2 }] });
    const filled = await filledStep(known, "send");
    expect(filled).toMatchObject({ value: { url: "https://x.example/7", body: { n: 3 } } });
  });

  it("is not told from less than there was: an output that is too large is named", async () => {
    const known = explanation([rows, { ...send, body: { n: "{% $steps.rows %}" } }], {}, {});
    expect(await filledStep(known, "send")).toEqual({
      fault: "The output of rows is not there, or too large to be shown.",
    });
  });

  it("leaves out the steps in it, which have a scope of their own, and says what fails", async () => {
    const each: BlueprintInput["steps"][number] = {
      id: "each",
      type: "map",
      over: "{% $input.rows %}",
      steps: [{ ...sum, value: "{% $item %}" }],
    };
    const known = explanation([each], { rows: [1] }, {});
    expect(await filledStep(known, "each")).toMatchObject({ value: { over: [1] } });
    expect(JSON.stringify(await filledStep(known, "each"))).not.toContain("$item");
    expect(await filledStep(explanation([{ ...sum, value: "{% $error('no') %}" }], {}, {}), "sum")).toMatchObject({
      fault: expect.stringContaining("no"),
    });
    expect(await filledStep(known, "none")).toEqual({ fault: "The plan has no step none." });
  });
});
