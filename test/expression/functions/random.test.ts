import { setImmediate as nextTask } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { EvaluationBudget } from "../../../src/expression/evaluation-budget.ts";
import type { Scope } from "../../../src/expression/scope.ts";
import { compileTemplate } from "../../../src/expression/template.ts";
import type { Json } from "../../../src/lib/json.ts";
import { MAX_TURN_WORK } from "../../../src/limits.ts";
import { aBudget, aScope } from "../../blueprint/support.ts";

async function evaluated(
  template: Json,
  scope: Partial<Scope> = {},
  budget: EvaluationBudget = aBudget(nextTask),
): Promise<Json | undefined> {
  const compiled = compileTemplate(template);
  if (!compiled.ok) throw new Error(compiled.error.message);
  const result = await compiled.value.evaluate(aScope({ path: "a", ...scope }), budget);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const job = (id: string) => ({ id, attempt: 1, submitted_at: "" });

describe("$random()", () => {
  const MANY = "{% [1..2000].$random() %}";

  it("yields numbers from 0 to below 1, evenly", async () => {
    const numbers = (await evaluated(MANY)) as number[];
    expect(numbers.every((n) => n >= 0 && n < 1)).toBe(true);
    expect(new Set(numbers).size).toBe(2_000);
    expect(numbers.reduce((sum, n) => sum + n, 0) / 2_000).toBeCloseTo(0.5, 1);
  });

  it("yields the same at every resume and attempt", async () => {
    expect(await evaluated(MANY, { job: { ...job("x"), attempt: 2 } })).toEqual(
      await evaluated(MANY, { job: job("x") }),
    );
  });

  it("yields others in each job, step, and place of a step", async () => {
    const [a, b] = (await evaluated(["{% $random() %}", "{% $random() %}"])) as number[];
    const text = await evaluated("{% $random() %} {% $random() %}");
    const values = [
      ...[a, b, ...String(text).split(" ").map(Number)],
      await evaluated("{% $random() %}", { path: "b" }),
      await evaluated("{% $random() %}", { job: job("other") }),
    ];
    expect(new Set(values).size).toBe(values.length);
  });

  it("yields the same to members that the library runs at once, whatever was evaluated before", async () => {
    // While members that evaluate pause, one that only compares goes on.
    const evaluates = Array.from({ length: 16 }, (_, i) => `($sum([1..${50 + 50 * i}].($ + 1)); $random())`);
    const members = `{% [($sort($input.words, $contains); $random()), ${evaluates}] %}`;
    const input = { words: Array.from({ length: 200 }, (_, i) => `word ${i}`) };
    const all: string[] = [];
    for (let done = 0; done < MAX_TURN_WORK; done += MAX_TURN_WORK / 16) {
      const budget = aBudget(nextTask);
      budget.spend(done);
      all.push(JSON.stringify(await evaluated(members, { input }, budget)));
    }
    expect(new Set(all).size).toBe(1);
  });
});

describe("$uuid(seed)", () => {
  it("yields one of RFC 9562 for each seed, wherever in the step it is asked", async () => {
    const [a, b, other] = (await evaluated(["{% $uuid('x') %}", "{% $uuid('x') %}", "{% $uuid('y') %}"])) as string[];
    expect(a).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(b).toBe(a);
    expect(other).not.toBe(a);
  });

  it("yields others in each job and step", async () => {
    const values = [
      await evaluated("{% $uuid('x') %}"),
      await evaluated("{% $uuid('x') %}", { path: "b" }),
      await evaluated("{% $uuid('x') %}", { job: job("other") }),
    ];
    expect(new Set(values).size).toBe(3);
  });

  it("yields nothing for nothing", async () => {
    expect(await evaluated("{% $uuid($input.none) %}", { input: {} })).toBeUndefined();
  });
});
