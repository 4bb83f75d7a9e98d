import { describe, expect, it } from "vitest";
import { checkBlueprint } from "../../src/blueprint/checks/check.ts";
import { compileExpression } from "../../src/expression/expression.ts";
import { compileTemplate } from "../../src/expression/template.ts";
import type { Json } from "../../src/lib/json.ts";
import { MAX_REGEX_LETTERS } from "../../src/limits.ts";

const HUGE = `(${"ab".repeat(500)}){1000}`;
const matching = (...regexes: string[]): string => regexes.map((regex) => `$contains('a', /${regex}/)`).join(" or ");
const isTooLarge = (text: string): boolean => {
  const compiled = compileExpression(text);
  return !compiled.ok && compiled.error.message.includes("too large together");
};

describe("regular expressions that would be large", () => {
  it.each([
    HUGE,
    "(a|b){1,1000}".repeat(40),
    `(?:${"[a-z]".repeat(100)}){700}`,
    `((a{10}){10}b){${MAX_REGEX_LETTERS}}`,
    `(${"\\\\p{L}".replaceAll("\\\\", "\\").repeat(80)}){1,999}`,
    `${"(x{9})".repeat(100)}{99}(y{9}){99}z{70000}`,
  ])("are not compiled: %s", (regex) => expect(isTooLarge(matching(regex))).toBe(true));

  it.each(["a{100}", "(a|b){1,20}c", "[{1000}]{2}", "\\{1000\\}", "\\p{L}{9}", "[a-z]+@[a-z]+\\.[a-z]{2,63}"])(
    "that only look so are: %s",
    (regex) => expect(compileExpression(matching(regex)).ok).toBe(true),
  );

  it("count together, in an expression, in a value and in a document with those inside it", () => {
    const some = Array.from({ length: 100 }, () => "a{900}");
    expect(isTooLarge(matching(...some))).toBe(true);
    expect(isTooLarge(matching(...some.slice(0, 50)))).toBe(false);
    const texts = some.map((regex) => `{% ${matching(regex)} %}`);
    expect(compileTemplate(texts)).toMatchObject({ ok: false });
    const known = { handlers: [], secrets: [], model: undefined } as unknown as Parameters<typeof checkBlueprint>[1];
    const step = (id: string, value: Json): Json => ({ id, type: "transform", value });
    const child = (id: string, value: Json): Json => ({
      id,
      type: "job",
      blueprint: { name: "c", steps: [step("a", value)] },
    });
    const check = (steps: Json[]) => JSON.stringify(checkBlueprint({ name: "p", steps }, known));
    expect(check([step("a", texts.slice(0, 60))])).not.toContain("too large together");
    expect(check([step("a", texts.slice(0, 60)), step("b", texts.slice(0, 60))])).toContain("too large together");
    expect(check([child("a", texts.slice(0, 60)), child("b", texts.slice(0, 60))])).toContain("too large together");
  });

  it("of a whole document are refused in less time than one of them took", () => {
    const steps = Array.from({ length: 50 }, (_, i) => ({
      ...{ id: `s${i}`, type: "transform" },
      value: `{% ${matching(`${HUGE.slice(0, 500)}){1000}`)} %}`,
    }));
    const began = performance.now();
    expect(checkBlueprint({ name: "p", steps }, { handlers: [], secrets: [] } as never).ok).toBe(false);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
