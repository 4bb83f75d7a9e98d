import { describe, expect, it } from "vitest";
import { shortDigest } from "../../../src/lib/digest.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { MAX_RECENT_PLAN_CHARS, MAX_RECENT_PLANS } from "../../../src/limits.ts";
import { inlinePlan, planHash } from "../../../src/service/blueprints/plan-cache.ts";
import { world } from "../../mcp/support.ts";

const document = (n: number, more: JsonObject = {}): JsonObject => ({
  name: "mine",
  steps: [{ id: "one", type: "transform", value: { n }, ...more }],
});

describe("an inline plan", () => {
  it("is checked once for the same document, and is another's for another one", async () => {
    const { deps } = world();
    const first = await inlinePlan(deps, document(1));
    expect(first).toMatchObject({ ok: true, value: { steps: [{ value: { n: 1 } }] } });
    expect(await inlinePlan(deps, document(1))).toStrictEqual(first);
    expect(await inlinePlan(deps, document(2))).toMatchObject({ ok: true, value: { steps: [{ value: { n: 2 } }] } });
  });

  it("that is wrong is told so each time, with all that is wrong", async () => {
    const { deps } = world();
    const wrong = document(1, { type: "nothing" });
    const first = await inlinePlan(deps, wrong);
    expect(first.ok).toBe(false);
    expect(await inlinePlan(deps, wrong)).toEqual(first);
  });

  it("is checked against the handlers of its own server", async () => {
    const calling = { name: "mine", steps: [{ id: "one", type: "handler", handler: "entities", input: {} }] };
    const handler = { name: "entities", description: "d", input: {}, output: {} };
    const withHandler = world({ handlers: [handler] as never }).deps;
    expect((await inlinePlan(withHandler, calling)).ok).toBe(true);
    expect((await inlinePlan(world().deps, calling)).ok).toBe(false);
  });

  it("is the same when it was forgotten, and when it is too long to be remembered", async () => {
    const { deps } = world();
    const long = document(1, { value: "x".repeat(MAX_RECENT_PLAN_CHARS) });
    const before = [await inlinePlan(deps, document(0)), await inlinePlan(deps, long)];
    for (let n = 1; n <= MAX_RECENT_PLANS; n++) expect((await inlinePlan(deps, document(n))).ok).toBe(true);
    expect([await inlinePlan(deps, document(0)), await inlinePlan(deps, long)]).toEqual(before);
  });

  it("has the hash of its content", async () => {
    const { deps } = world();
    const plan = await inlinePlan(deps, document(1));
    if (!plan.ok) throw new Error("the plan is valid");
    const hash = await planHash(plan.value);
    expect(hash).toBe(await shortDigest(plan.value));
    expect(await planHash(plan.value)).toBe(hash);
    expect(await planHash(structuredClone(plan.value))).toBe(hash);
  });
});
