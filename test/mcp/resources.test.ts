import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/jobs/json.ts";
import { jobIdOf, jobStatus, legacy, modern, world } from "./support.ts";

function withJobs(count: number) {
  const w = world();
  for (let n = 1; n <= count; n++)
    w.registry.jobs.set(jobIdOf(n), jobStatus({ id: jobIdOf(n), steps: [], events: [] }));
  return w;
}

const textOf = (result: unknown): JsonObject =>
  JSON.parse((result as { contents: { text: string }[] }).contents[0]?.text ?? "null");

describe("job://{job_id}", () => {
  it("is the job with its steps and events, for nobody else's cache", async () => {
    const { body } = await modern(withJobs(1).deps, "resources/read", { uri: `job://${jobIdOf(1)}` });
    expect(textOf(body.result)).toEqual({ ...jobStatus(), steps: [], events: [] });
    expect(body.result).toMatchObject({ cacheScope: "private", ttlMs: 1_000 });
  });

  it.each(["job://nope", `job://${jobIdOf(9)}`, `job://${jobIdOf(9, 64)}`])("%s is not found", async (uri) => {
    const { body } = await modern(withJobs(1).deps, "resources/read", { uri });
    expect(body.error).toMatchObject({ code: -32602, data: { uri } });
    expect(body.error).not.toHaveProperty("result");
  });

  it("is listed for recent jobs, beside the module, for nobody else's cache", async () => {
    const { body } = await modern(withJobs(2).deps, "resources/list");
    const { resources } = body.result as { resources: { uri: string }[] };
    expect(resources.map(({ uri }) => uri)).toEqual(["module://jobs", `job://${jobIdOf(2)}`, `job://${jobIdOf(1)}`]);
    expect(body.result).toMatchObject({ cacheScope: "private" });
  });

  it("completes ids by prefix", async () => {
    const complete = (value: string) =>
      legacy(withJobs(2).deps, "completion/complete", {
        ref: { type: "ref/resource", uri: "job://{job_id}" },
        argument: { name: "job_id", value },
      });
    expect((await complete("job_")).body.result).toMatchObject({ completion: { values: [jobIdOf(2), jobIdOf(1)] } });
    expect((await complete(jobIdOf(1))).body.result).toMatchObject({ completion: { values: [jobIdOf(1)] } });
    expect((await complete("x")).body.result).toMatchObject({ completion: { values: [] } });
  });

  it("says nothing of our inside when the registry cannot be read", async () => {
    const w = withJobs(1);
    w.registry.broken = { status: new Error("SELECT secret"), list: new Error("SELECT secret") };
    for (const [method, params] of [
      ["resources/read", { uri: `job://${jobIdOf(1)}` }],
      ["resources/list", {}],
    ] as const) {
      const { body } = await modern(w.deps, method, params);
      expect(body.error).toMatchObject({ code: -32603, message: expect.stringContaining("ref-1") });
      expect(JSON.stringify(body)).not.toContain("SELECT");
    }
    expect(w.measured).toMatchObject([{ outcome: "crash" }, { outcome: "crash" }]);
  });
});

describe("module://jobs", () => {
  it("describes exactly what is registered", async () => {
    const { deps } = world();
    const module = textOf((await modern(deps, "resources/read", { uri: "module://jobs" })).body.result);
    expect(module).toMatchObject({
      name: "jobs",
      tags: ["background", "async", "orchestration"],
      maturity: "beta",
      resources: ["job://{job_id}", "module://jobs"],
    });
    const { tools } = (await modern(deps, "tools/list")).body.result as { tools: { name: string }[] };
    const { prompts } = (await modern(deps, "prompts/list")).body.result as { prompts: { name: string }[] };
    expect(module.tools).toEqual(tools.map(({ name }) => name));
    expect(module.prompts).toEqual(prompts.map(({ name }) => name));
  });
});
