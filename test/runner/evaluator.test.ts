import { expect, it } from "vitest";
import { Evaluator } from "../../src/runner/evaluator.ts";
import { Holdings } from "../../src/runner/holdings.ts";

const noLinks = async () => ({ ok: true as const, value: undefined });
const scope = { input: { n: 2 }, steps: {}, job: { id: "j", attempt: 1, submitted_at: "" }, now: 0 };

it("an expression that waits for its turn is not evaluated once its lane is halted", async () => {
  const evaluator = new Evaluator(async () => {});
  const holdings = new Holdings();
  const lane = new AbortController();
  const early = await evaluator.evaluate("{% $input.n %}", scope, lane.signal, holdings, noLinks);
  expect(early).toEqual({ ok: true, value: 2 });
  lane.abort();
  const late = await evaluator.evaluate("{% $input.n %}", scope, lane.signal, holdings, noLinks);
  expect(late).toMatchObject({ ok: false });
});
