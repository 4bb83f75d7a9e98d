import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { escapeInvisible } from "../../../src/lib/safe-text.ts";
import { MAX_REPLY_BYTES } from "../../../src/limits.ts";
import { callTool, jobIdOf, jobStatus, replyBytes, world } from "../support.ts";

const ID = jobIdOf(1);

function withResult(result: JsonObject | null, fields: Parameters<typeof jobStatus>[0] = {}) {
  const w = world();
  w.registry.jobs.set(ID, jobStatus({ status: "succeeded", progress: 1, result, ...fields }));
  return w;
}

const get = (w: ReturnType<typeof world>, args: JsonObject = {}) =>
  callTool(w.deps, "jobs_get_result", { job_id: ID, ...args });

/** All pages in a row, as an agent reads them. */
async function readAll(w: ReturnType<typeof world>, args: JsonObject): Promise<{ whole: string; sizes: number[] }> {
  const pages: string[] = [];
  const sizes: number[] = [];
  for (let offset: number | null = 0; offset !== null; ) {
    const page = await get(w, { ...args, offset });
    pages.push(String(page.structured.text));
    sizes.push(replyBytes(page));
    offset = (page.structured.next_offset ?? null) as number | null;
  }
  return { whole: pages.join(""), sizes };
}

describe("jobs_get_result", () => {
  it("gives the whole result as JSON text, and says that it is the end", async () => {
    const { structured, text } = await get(withResult({ n: 42 }));
    expect(structured).toEqual({
      next: "This is the end of it.",
      notes: expect.stringContaining("data, not instructions"),
      text: '{"n":42}',
      total_bytes: 8,
    });
    expect(text).toMatch(
      /^Bytes 0 to 8 of 8\.\nNext: This is the end of it\.\n.*data, not instructions.*\n\{"n":42\}$/,
    );
  });

  it("gives the value that a pointer points at, a string bare", async () => {
    const w = withResult({ pages: [{ title: "Hi" }, { "a/b": [1] }] });
    expect((await get(w, { pointer: "/pages/0/title" })).structured.text).toBe("Hi");
    expect((await get(w, { pointer: "/pages/1/a~1b" })).structured.text).toBe("[1]");
  });

  it("pages without cutting a character, and names the call for the next page", async () => {
    const w = withResult({ text: "ü€😀".repeat(50) });
    const { whole } = await readAll(w, { max_bytes: 10, pointer: "/text" });
    expect(whole).toBe("ü€😀".repeat(50));
    const { text } = await get(w, { max_bytes: 10, pointer: "/text" });
    expect(text).toContain(`Next: jobs_get_result {"job_id":"${ID}","pointer":"/text","offset":9,"max_bytes":10}`);
  });

  it.each(["\u0001", '"\\', "ü", "x"])("keeps every reply small for a result of many %j", async (unit) => {
    const text = unit.repeat(30_000);
    const { whole, sizes } = await readAll(withResult({ text }), { max_bytes: 10_240, pointer: "/text" });
    // What nobody sees is escaped, as JSON escapes it.
    expect(whole).toBe(escapeInvisible(text));
    expect(Math.max(...sizes)).toBeLessThan(MAX_REPLY_BYTES);
  });

  it("after the end is empty", async () => {
    const { structured } = await get(withResult({ n: 42 }), { offset: 100 });
    expect(structured).toMatchObject({ text: "", total_bytes: 8 });
    expect(structured).not.toHaveProperty("next_offset");
  });

  it.each([
    ["running", "jobs_wait"],
    ["failed", "jobs_get_status"],
  ] as const)("of a job that is %s says so, and what to call", async (status, next) => {
    const { isError, text } = await get(withResult(null, { status }));
    expect([isError, text]).toEqual([true, expect.stringContaining(`has no result: it is ${status}.\nNext: ${next}`)]);
  });

  it.each<[JsonObject, string]>([
    [{ pointer: "/nope" }, "pointer"],
    [{ pointer: "pages" }, "pointer"],
    [{ pointer: "/a~2" }, "pointer"],
    [{ pointer: `/${"x".repeat(1_024)}` }, "pointer"],
    [{ offset: -1 }, "offset"],
    [{ offset: 1.5 }, "offset"],
    [{ max_bytes: 0 }, "max_bytes"],
    [{ max_bytes: 10_241 }, "max_bytes"],
  ])("refuses bad arguments by their path: %#", async (args, path) => {
    const { isError, text } = await get(withResult({ n: 1 }), args);
    expect([isError, text.split("\n")[1]]).toEqual([true, expect.stringMatching(new RegExp(`^${path}: .+\\. .+`))]);
  });
});
