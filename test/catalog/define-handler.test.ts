import { expect, it } from "vitest";
import { z } from "zod";
import { defineHandler } from "../../src/catalog/define-handler.ts";
import { err, ok } from "../../src/lib/result.ts";
import { contextOf } from "./context.ts";

const half = defineHandler({
  name: "half",
  description: "Half of an even number.",
  input: z.strictObject({ number: z.int(), label: z.string().default("n") }),
  output: z.strictObject({ half: z.int(), label: z.string() }),
  run: async ({ number, label }) =>
    number < 0 ? err({ code: "negative", message: "below zero", retryable: true }) : ok({ half: number / 2, label }),
});
const run = (input: Parameters<typeof half.run>[0]) => half.run(input, contextOf({}));

it("gives the function its parsed input, defaults applied", async () => {
  expect(await run({ number: 8 })).toEqual({ ok: true, value: { half: 4, label: "n" } });
});

it("returns the function's error as it is", async () => {
  expect(await run({ number: -1 })).toEqual({
    ok: false,
    error: { code: "negative", message: "below zero", retryable: true },
  });
});

it.each([
  [{ number: "8" }, "number:"],
  [{ number: 8, more: 1 }, "more"],
  ["text", "input:"],
  [null, "input:"],
])("refuses the input %j with the name of the field, in one line, for good", async (input, part) => {
  const result = await run(input);
  expect(result).toMatchObject({ ok: false, error: { code: "handler_input", retryable: false } });
  const message = result.ok ? "" : result.error.message;
  expect(message).toContain(part);
  expect(message).not.toContain("\n");
});

it("throws when the function breaks its own output schema", async () => {
  await expect(run({ number: 7 })).rejects.toThrow("half");
});

it("describes input and output as JSON Schema", () => {
  expect(half.input).toMatchObject({ type: "object", required: ["number"], additionalProperties: false });
  expect(half.output).toMatchObject({ type: "object", required: ["half", "label"] });
});
