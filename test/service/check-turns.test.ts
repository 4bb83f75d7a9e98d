import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { FREE_SCHEMA_CHECKS } from "../../src/limits.ts";
import { inlinePlan } from "../../src/service/blueprints/plan-cache.ts";
import { SaveInput, saveBlueprint } from "../../src/service/blueprints/save-blueprint.ts";
import { draftOf, SubmitInput } from "../../src/service/submit-draft.ts";
import { world } from "../mcp/support.ts";
import { ticksOf } from "../support/ticks.ts";

const COUNT = 8;
const document = (n: number, more: JsonObject = {}): JsonObject => {
  return { name: `mine-${n}`, steps: [{ id: "one", type: "transform", value: n }], ...more };
};

/** Of so many calls at once, how many ended while nobody else was served since the one before. */
async function bunched(call: (n: number) => Promise<{ ok: boolean }>): Promise<number> {
  const ticks = await ticksOf((note) =>
    Promise.all(
      Array.from({ length: COUNT }, async (_, n) => {
        expect(await call(n)).toMatchObject({ ok: true });
        note();
      }),
    ),
  );
  expect(ticks).toHaveLength(COUNT);
  return COUNT - new Set(ticks).size;
}

describe("others are served between the checks", () => {
  it("of plans that come at once", async () => {
    const { deps } = world();
    expect(await bunched((n) => inlinePlan(deps, document(n)))).toBe(0);
  });

  it("of blueprints that are saved at once", async () => {
    const { deps } = world();
    expect(await bunched((n) => saveBlueprint(deps, SaveInput.parse({ blueprint: document(n) })))).toBe(0);
  });

  /** Of a plan that is known already. */
  const submit = async (values: number): Promise<(n: number) => Promise<{ ok: boolean }>> => {
    const { deps } = world();
    const rows = { type: "array", items: { type: "integer" } };
    const blueprint = document(0, { input: { type: "object", properties: { rows } } });
    await inlinePlan(deps, blueprint);
    return () => draftOf(deps, SubmitInput.parse({ blueprint, input: { rows: Array(values).fill(1) } }));
  };

  it("of inputs that are large, or hard to check", async () => {
    expect(await bunched(await submit(FREE_SCHEMA_CHECKS))).toBe(0);
  });

  it("of another tenant, who does not wait until all of one tenant have ended", async () => {
    const [one, other] = [world({ tenant: "one" }), world({ tenant: "other" })];
    const log: string[] = [];
    const check = async ({ deps }: typeof one, n: number) => {
      expect(await inlinePlan(deps, document(n, { description: deps.tenant }))).toMatchObject({ ok: true });
      log.push(deps.tenant);
    };
    const many = Array.from({ length: COUNT }, (_, n) => check(one, n));
    await Promise.all([...many, check(other, 0)]);
    expect(log.indexOf("other")).toBe(1);
  });

  it("and small inputs wait for nobody", async () => {
    expect(await bunched(await submit(10))).toBe(COUNT - 1);
  });
});
