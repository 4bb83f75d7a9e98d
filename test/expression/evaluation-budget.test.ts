import { setImmediate as nextTask, setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { BudgetSpent, type EvaluationBudget } from "../../src/expression/evaluation-budget.ts";
import { compileTemplate } from "../../src/expression/template.ts";
import type { Json } from "../../src/lib/json.ts";
import { EVALUATION_WORK, MAX_JOB_EVALUATIONS, MAX_JOB_WORK, MAX_TURN_WORK } from "../../src/limits.ts";
import { aBudget, aScope } from "../blueprint/support.ts";

const EVALUATIONS_A_TURN = MAX_TURN_WORK / EVALUATION_WORK;

async function on(budget: EvaluationBudget, template: Json) {
  const compiled = compileTemplate(template);
  if (!compiled.ok) throw new Error(compiled.error.message);
  return compiled.value.evaluate(aScope({ input: { text: "a".repeat(400_000) } }), budget);
}

/** How often the thread was given to others meanwhile. */
async function pauses(...templates: Json[]): Promise<number> {
  let count = 0;
  const budget = aBudget(async () => {
    count++;
    await nextTask();
  });
  for (const template of templates) expect(await on(budget, template)).toMatchObject({ ok: true });
  return count;
}

describe("an evaluation gives way to others", () => {
  it.each<[string, Json]>([
    ["in a path over many items", "{% $count([1..9000].($ * 7919 % 10007)) %}"],
    ["in a function over many items", "{% $count($map([1..9000], function($n) { $n * 2 })) %}"],
    ["in a recursion", "{% ($f := function($n) { $n = 0 ? 0 : $f($n - 1) }; $f(9000)) %}"],
    ["in the members of a list, which the library runs at once", `{% [${Array(4).fill("$sum([1..5000].($ + 1))")}] %}`],
    ["between expressions of one value", Array(40).fill("{% $sum([1..300].($ + 1)) %}")],
  ])("%s", async (_title, template) => {
    const count = await pauses(template);
    expect(count).toBeGreaterThan((9_000 * 3) / EVALUATIONS_A_TURN / 2);
    expect(count).toBeLessThan((9_000 * 12) / EVALUATIONS_A_TURN);
  });

  it("after work on large values, which takes few evaluations", async () => {
    expect(await pauses(...Array(10).fill("{% $length($string([$input.text])) %}"))).toBeGreaterThan(5);
  });

  it("but not for a small one", async () => {
    expect(await pauses("{% $input.text %}", "{% 1 + 1 %}")).toBe(0);
  });

  it("also one whose members run at once, and go on to the end", async () => {
    const members = "{% $count($keys([1..9000].{'n': $, 'k': $ % 100}{$string(n): k})) %}";
    // Two pauses that overlap, of which the second takes longer.
    let count = 0;
    const longer = async () => void (await sleep(count++ === 0 ? 1 : 20));
    expect(await on(aBudget(longer), members)).toEqual({ ok: true, value: 9_000 });
  });

  it("and still ends when it never would", async () => {
    const thenable = "(function($f) { {'then': $f} })(function($x, $y) { 1 })";
    const result = await on(aBudget(nextTask), `{% ($sum([1..9000].($ + 1)); ${thenable}) %}`);
    expect(result).toMatchObject({ ok: false, error: { message: expect.stringContaining("never ends") } });
  });
});

describe("all evaluations of an attempt", () => {
  it("end with limit_exceeded when together they need too many", async () => {
    const budget = aBudget();
    for (let i = 0; i < MAX_JOB_EVALUATIONS - 100; i++) budget.step();
    expect(await on(budget, "{% $sum([1..10].($ + 1)) %}")).toMatchObject({ ok: true });
    expect(await on(budget, { a: "{% $sum([1..100].($ + 1)) %}" })).toEqual({
      ok: false,
      error: {
        code: "limit_exceeded",
        message: expect.stringMatching(
          /^a: the expressions of this job need more than 20000000 evaluations in all: \{%/,
        ),
      },
    });
  });

  it("end with limit_exceeded when together they work too much on large values", async () => {
    const budget = aBudget();
    budget.spend(MAX_JOB_WORK - 100);
    expect(await on(budget, "{% $count($split($input.text, '')) %}")).toMatchObject({
      ok: false,
      error: { code: "limit_exceeded" },
    });
    expect(() => budget.spend(1)).toThrow(BudgetSpent);
  });

  it("run one after the other, also behind one that failed", async () => {
    const budget = aBudget();
    const log: string[] = [];
    const run = (name: string) =>
      budget.alone(async () => {
        log.push(`${name} begins`);
        await nextTask();
        log.push(`${name} ends`);
        if (name === "a") throw new Error("a fault");
      });
    const ended = await Promise.allSettled([run("a"), run("b"), run("c")]);
    expect(ended.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
    expect(log).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  });
});
