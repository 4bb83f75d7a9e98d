import { describe, expect, it } from "vitest";
import { type JsonObject, jsonBytes } from "../../../src/lib/json.ts";
import { MAX_TRIGGER_BYTES } from "../../../src/limits.ts";
import { SaveTriggerInput, saveTrigger } from "../../../src/service/triggers/save-trigger.ts";
import { world } from "../../mcp/support.ts";

const aTrigger = (input: JsonObject) => {
  const args = { name: "mine", blueprint: "double", schedule: { cron: "0 9 * * *" }, input, when: "{% true %}" };
  return SaveTriggerInput.parse(args);
};

describe("a trigger that is saved", () => {
  it("has an input that its blueprint takes, also when it gives none", async () => {
    const { input: _, ...args } = aTrigger({});
    const saved = await saveTrigger(world().deps, SaveTriggerInput.parse(args));
    expect(saved.ok ? [] : saved.error).toMatchObject({ faults: [{ path: "input.n", message: "is missing" }] });
  });

  it.each([
    [0, true],
    [1, false],
  ])("may be %i bytes above the most: %s", async (more, isTaken) => {
    const { rotate_url: _, ...document } = aTrigger({ n: 1, text: "" });
    const room = MAX_TRIGGER_BYTES - jsonBytes({ ...document, blueprint: "" } as unknown as JsonObject);
    const texts = Array.from({ length: 5 }, () => "a".repeat(12_000));
    const used = jsonBytes(texts) + '"texts":,'.length;
    const args = aTrigger({ n: 1, text: "a".repeat(room - used + more), texts });
    const saved = await saveTrigger(world().deps, args);
    expect(saved.ok ? [] : saved.error).toEqual(
      isTaken ? [] : expect.objectContaining({ faults: [expect.objectContaining({ path: "arguments" })] }),
    );
  });
});
