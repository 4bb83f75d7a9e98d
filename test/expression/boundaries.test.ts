import { RE2JS } from "re2js";
import { expect, it } from "vitest";
import { BudgetSpent } from "../../src/expression/evaluation-budget.ts";
import { compileExpression } from "../../src/expression/expression.ts";
import { LimitReached, Meter } from "../../src/expression/meter.ts";
import { compileRegex } from "../../src/expression/regex.ts";
import type { Json } from "../../src/lib/json.ts";
import { MAX_EVALUATIONS } from "../../src/limits.ts";
import { aBudget, aScope, evaluated } from "../blueprint/support.ts";
import { atBound, nestedLists } from "../support/boundaries.ts";

/** Why an expression with a meter of its own ends. */
function metered(work: (meter: Meter) => unknown): string | undefined {
  try {
    work(new Meter(aBudget()));
    return undefined;
  } catch (problem) {
    if (problem instanceof LimitReached || problem instanceof BudgetSpent) return problem.message;
    throw problem;
  }
}

async function failure(text: string, input: Json = {}): Promise<string | undefined> {
  const value = await evaluated(text, { input });
  return typeof value === "string" && value.startsWith("error: ") ? value : undefined;
}

atBound("MAX_EVALUATIONS", {
  of: "one expression",
  refusal: /more than 500000 evaluations/,
  attempt: (count) =>
    metered((meter) => {
      for (let i = 0; i < count; i++) meter.step();
    }),
});

atBound("MAX_EVALUATION_WORK", {
  of: "one expression",
  refusal: /too much work on large values/,
  attempt: (units) => metered((meter) => meter.spend(units)),
});

atBound("MAX_JOB_EVALUATIONS", {
  of: "all expressions of an attempt",
  refusal: /the expressions of this job need more than 20000000 evaluations in all/,
  attempt: (count) =>
    metered(() => {
      const budget = aBudget();
      for (let i = 0; i < count; i++) budget.step();
    }),
});

atBound("MAX_JOB_WORK", {
  of: "all expressions of an attempt",
  refusal: /the expressions of this job do too much work/,
  attempt: (units) => metered(() => aBudget().spend(units)),
});

atBound("MAX_CALLS_IN_FLIGHT", {
  of: "one expression",
  refusal: /more than 2000 function calls inside each other/,
  attempt: (count) =>
    metered((meter) => {
      for (let i = 0; i < count; i++) meter.enterCall();
    }),
});

atBound("MAX_EVALUATION_DEPTH", {
  of: "a value of an expression",
  refusal: /a value nested deeper than 200 levels/,
  attempt: (levels) => metered((meter) => meter.size(JSON.parse(nestedLists(levels)))),
});

atBound("MAX_VALUE_BYTES", {
  of: "a value of an expression",
  refusal: /a value larger than 524288 bytes/,
  attempt: (bytes) => metered((meter) => meter.size("a".repeat(bytes - 2))),
});

atBound("MAX_VALUE_BYTES", {
  of: "a text with several expressions in it",
  refusal: /larger than 524288 bytes; take less of it/,
  attempt: (bytes) =>
    failure("{% $input.a %}{% $input.a %}{% $length($input.b) > 0 ? $input.b : '' %}", {
      a: "a".repeat(200_000),
      b: "b".repeat(bytes - 400_002),
    }),
});

atBound("MAX_VALUE_BYTES", {
  of: "all expressions of a value",
  refusal: /the value is larger than 524288 bytes; take less of it/,
  attempt: async (bytes) => {
    const input = { a: "a".repeat(399_998), b: "b".repeat(bytes - 400_002) };
    const value = await evaluated(["{% $input.a %}", "{% $input.b %}"], { input });
    return typeof value === "string" ? value : undefined;
  },
});

atBound("MAX_RANGE_ITEMS", {
  of: "a range",
  refusal: /a range of 10001 items; the most is 10000.*1\.\.10001/,
  attempt: (items) => failure(`{% $count([1..${items}]) %}`),
});

atBound("MAX_JOINED_ROWS", {
  of: "one expression",
  refusal: /more than 50000 rows of joins/,
  attempt: (rows) => metered((meter) => meter.joinRows(rows)),
});

// What a program needs beside one instruction a letter.
const FRAME = RE2JS.compile("a").programSize() - 1;
atBound("MAX_REGEX_INSTRUCTIONS", {
  of: "a regular expression",
  refusal: /the regular expression is too large/,
  attempt: (size) => {
    const compiled = compileRegex(new RegExp("a".repeat(size - FRAME)));
    return compiled.ok ? undefined : compiled.error;
  },
});

atBound("MAX_PICTURE_CHARS", {
  of: "a picture",
  refusal: /a text or picture of more than 128 characters/,
  attempt: (chars) => failure(`{% $fromMillis(0, "[Y0001]${"-".repeat(chars - 7)}") %}`),
});

it("a text ends when it is too large, not when memory does", async () => {
  const text = "{% $input.a %}".repeat(1_000);
  expect(await failure(text, { a: "a".repeat(400_000) })).toContain("the text is larger than 524288 bytes");
});

it("an expression that runs on for ever ends all the same, within its evaluations", async () => {
  const compiled = compileExpression("($f := function() { $f() }; $f())");
  if (!compiled.ok) throw new Error(compiled.error.message);
  const ended = await compiled.value.evaluate(aScope(), aBudget());
  expect(ended.ok ? "" : ended.error.message).toContain(`${MAX_EVALUATIONS} evaluations`);
});
