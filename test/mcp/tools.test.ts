import { describe, expect, it } from "vitest";
import { encodeClaim } from "../../src/jobs/claim.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { TOOLS } from "../../src/mcp/tools/index.ts";
import { callTool, jobIdOf, jobStatus, modern, world } from "./support.ts";

interface Schema {
  type?: string;
  description?: string;
  additionalProperties?: unknown;
  properties?: { [name: string]: Schema };
}

async function listed(): Promise<{ name: string; inputSchema: Schema; outputSchema: Schema }[]> {
  const { body } = await modern(world().deps, "tools/list");
  return (body.result as unknown as { tools: { name: string; inputSchema: Schema; outputSchema: Schema }[] }).tools;
}

/** The least that each tool needs; for the others a job_id is enough. */
const ENOUGH: { [name: string]: JsonObject } = {
  jobs_submit_blueprint: { blueprint: "double" },
  jobs_wait: { job_ids: [jobIdOf(1)] },
  jobs_list: {},
  jobs_respond: { job_id: jobIdOf(1), request_id: "q", action: "accept" },
  blueprints_list: {},
  blueprints_get: { name: "double" },
  blueprints_save: { blueprint: { name: "mine", steps: [{ id: "one", type: "transform", value: 1 }] } },
  blueprints_delete: { name: "double" },
  events_read: {},
  triggers_save: { name: "mine", blueprint: "double", schedule: { cron: "0 9 * * *" }, input: { n: 1 } },
  triggers_list: {},
  triggers_fire: { name: "mine" },
  triggers_delete: { name: "mine" },
  work_claim: { queues: ["q"] },
  jobs_stats: {},
  jobs_bulk: { action: "retry", where: {} },
  work_report: { claim: encodeClaim({ job_id: jobIdOf(1), path: "a", token: 1 }), action: "release" },
};

/** Tools that look at one job, by what else they need. */
const OF_ONE_JOB = TOOLS.map(({ name }) => name).filter((name) => "job_id" in (ENOUGH[name] ?? { job_id: "" }));

describe("tools/list", () => {
  it("stays under 24 KB, and what is of jobs and blueprints under 15 KB", async () => {
    const all = await listed();
    const core = all.filter(({ name }) => /^(?:jobs|blueprints)_(?!bulk|stats)/.test(name));
    const bytes = [all, core].map((tools) => JSON.stringify(tools).length);
    console.info(`tools/list: ${bytes[0]} bytes, core ${bytes[1]}`);
    expect(bytes[0]).toBeLessThan(24_000);
    expect(bytes[1]).toBeLessThan(15_000);
  });

  it("spends at most 100 bytes on each output", async () => {
    for (const { name, outputSchema } of await listed())
      expect([name, JSON.stringify(outputSchema).length <= 100]).toEqual([name, true]);
  });

  it("says nothing of the lengths of texts: who exceeds one is told by the error", async () => {
    expect(JSON.stringify(await listed())).not.toMatch(/"m(?:ax|in)Length"|9007199254740991/);
    const refused = await callTool(world().deps, "jobs_cancel", { job_id: jobIdOf(1), reason: "x".repeat(10_000) });
    expect([refused.isError, refused.text]).toEqual([true, expect.stringMatching(/reason.*at most \d+/s)]);
  });

  it("says with anyOf that a value may be null, which more models understand", async () => {
    expect(JSON.stringify(await listed())).not.toMatch(/"type":\[/);
  });
});

describe.each(OF_ONE_JOB)("%s of a job that", (name) => {
  it.each([
    ["is not there", jobIdOf(9), jobIdOf(9)],
    ["no object can own", jobIdOf(9, 64), jobIdOf(9, 64)],
    ["has a malformed id", "no\u0000pe", "nope"],
    ["is of another tenant", jobIdOf(1), jobIdOf(1)],
  ])("%s says exactly that it is unknown", async (_, job_id, shown) => {
    const w = world({ tenant: "other" });
    w.registry.jobs.set(jobIdOf(1), jobStatus());
    const result = await callTool(w.deps, name, { ...ENOUGH[name], job_id });
    expect([result.isError, result.text]).toEqual([true, `Unknown job: ${shown}`]);
  });
});

describe.each(TOOLS.map((tool) => [tool.name, tool] as const))("%s", (name, tool) => {
  it("has a title, all four hints, and a description that names the next tool", () => {
    expect(tool.title).not.toBe("");
    expect(Object.keys(tool.annotations).sort()).toEqual([
      "destructiveHint",
      "idempotentHint",
      "openWorldHint",
      "readOnlyHint",
    ]);
    const others = TOOLS.filter((other) => other.name !== name);
    expect(others.some((other) => tool.description.includes(other.name))).toBe(true);
  });

  it("advertises a strict input whose fields are all described, and a loose output", async () => {
    const schemas = (await listed()).find((entry) => entry.name === name);
    expect(schemas?.inputSchema).toMatchObject({ type: "object", additionalProperties: false });
    const fields = Object.entries(schemas?.inputSchema.properties ?? {});
    expect(fields.length).toBeGreaterThan(0);
    expect(fields.filter(([, field]) => !field.description).map(([field]) => field)).toEqual([]);
    expect(schemas?.outputSchema.type).toBe("object");
    expect(schemas?.outputSchema.additionalProperties).not.toBe(false);
    expect(JSON.stringify(schemas)).not.toContain('"additionalProperties":{}');
  });

  it("refuses an argument that it does not know, by its name", async () => {
    const { deps, measured, stubs } = world();
    const result = await callTool(deps, name, { surprise: 1 });
    expect(result.isError).toBe(true);
    expect(result.text).toMatch(/^The arguments are not valid\.\n/);
    expect(result.text).toContain("surprise");
    expect(result.text).not.toContain("$");
    expect(measured).toMatchObject([{ name, outcome: "tool_error" }]);
    expect(stubs).toEqual([]);
  });

  it("says nothing of our inside when it crashes, and gives a reference to the log", async () => {
    const broken = () => {
      throw new Error("SELECT secret FROM jobs");
    };
    const { deps, measured } = world({ ask: async () => broken(), blueprints: new Proxy([], { get: broken }) });
    const result = await callTool(deps, name, ENOUGH[name] ?? { job_id: jobIdOf(1) });
    expect(result).toMatchObject({ isError: true, text: expect.stringContaining("ref-1") });
    expect(result.text).not.toMatch(/SELECT|\bat \w+ \(/);
    expect(measured).toMatchObject([
      { outcome: "crash", reference: "ref-1", error: expect.stringContaining("SELECT") },
    ]);
  });
});
