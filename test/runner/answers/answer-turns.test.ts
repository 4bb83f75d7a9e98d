import { afterEach, describe, expect, it, vi } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { LARGE_ANSWER_BYTES } from "../../../src/limits.ts";
import { inRegistry } from "../../registry/bench.ts";
import { ticksOf } from "../../support/ticks.ts";
import { runSteps } from "../bench.ts";

const ROWS = 8;
const call: Json = { id: "call", type: "http", url: "https://api.example.com/x" };
const map: Json = {
  id: "m",
  type: "map",
  over: Array.from({ length: ROWS }, (_, i) => i),
  concurrency: ROWS,
  steps: [call],
};

afterEach(() => void vi.restoreAllMocks());

/** How often the thread was free before each time that an answer of so many bytes was parsed. */
const parses = (bytes: number): Promise<number[]> =>
  ticksOf((note) =>
    inRegistry(async (bench) => {
      const body = JSON.stringify({ text: "x".repeat(bytes - 11) });
      const parse = JSON.parse;
      vi.spyOn(JSON, "parse").mockImplementation((text, reviver) => {
        if (text === body) note();
        return parse(text, reviver);
      });
      const fetch = async () => new Response(body, { headers: { "content-type": "application/json" } });
      expect(await (await runSteps(bench, [map], { fetch })).status()).toMatchObject({ status: "succeeded" });
    }),
  );

describe("answers that come at once", () => {
  it("are read one after the other when they are large, and others are served between them", async () => {
    const ticks = await parses(LARGE_ANSWER_BYTES);
    expect(ticks).toHaveLength(ROWS);
    expect(new Set(ticks).size).toBe(ROWS);
  });

  it("are each stored before the next is read, which would be held beside it", async () => {
    const log: string[] = [];
    await inRegistry(async (bench) => {
      const body = JSON.stringify({ text: "x".repeat(LARGE_ANSWER_BYTES) });
      const parse = JSON.parse;
      vi.spyOn(JSON, "parse").mockImplementation((text, reviver) => {
        if (text === body) log.push("read");
        else if (String(text).startsWith('{"status":200')) log.push("stored");
        return parse(text, reviver);
      });
      const fetch = async () => new Response(body, { headers: { "content-type": "application/json" } });
      expect(await (await runSteps(bench, [map], { fetch })).status()).toMatchObject({ status: "succeeded" });
    });
    expect(log.slice(0, 2 * ROWS)).toEqual(Array(ROWS).fill(["read", "stored"]).flat());
  });

  it("are read at once when they are small", async () => {
    const ticks = await parses(LARGE_ANSWER_BYTES - 1);
    expect(ticks).toHaveLength(ROWS);
    expect(new Set(ticks).size).toBeLessThan(ROWS);
  });
});
