import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { jobIdOf, jobStatus, legacy, modern, NOW, world } from "./support.ts";

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
    expect(resources.map(({ uri }) => uri)).toEqual([
      "blueprint://guide",
      "module://jobs",
      "ui://jobs/progress",
      `job://${jobIdOf(2)}`,
      `job://${jobIdOf(1)}`,
      "blueprint://double",
    ]);
    expect(body.result).toMatchObject({ cacheScope: "private" });
  });

  it("says in its description how the job is, and how old: menus show nothing else", async () => {
    const w = withJobs(1);
    const described = async (fields: Parameters<typeof jobStatus>[0], ageMs: number) => {
      w.registry.change(jobIdOf(1), { submitted_at: new Date(NOW - ageMs).toISOString(), ...fields });
      const { resources } = (await modern(w.deps, "resources/list")).body.result as {
        resources: { uri: string; description: string }[];
      };
      return resources.find(({ uri }) => uri === `job://${jobIdOf(1)}`)?.description;
    };
    expect(await described({ name: "nightly", status: "running" }, 90_000)).toBe(
      "nightly: running, submitted 1 minute ago",
    );
    expect(await described({ status: "failed" }, 3 * 86_400_000)).toBe("nightly: failed, submitted 3 days ago");
    expect(await described({ status: "queued" }, 0)).toBe("nightly: queued, submitted 0 seconds ago");
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

const read = async (w: ReturnType<typeof world>, uri: string) => (await modern(w.deps, "resources/read", { uri })).body;

describe("job://{job_id}/result", () => {
  it("is the whole result, however large", async () => {
    const w = withJobs(1);
    const result = { text: "x".repeat(300_000) };
    w.registry.change(jobIdOf(1), { status: "succeeded", progress: 1, result });
    expect(textOf((await read(w, `job://${jobIdOf(1)}/result`)).result)).toEqual(result);
  });

  it.each([`job://${jobIdOf(1)}/result`, `job://${jobIdOf(9)}/result`, "job://nope/result"])(
    "%s is not found while there is none",
    async (uri) => {
      expect((await read(withJobs(1), uri)).error).toMatchObject({ code: -32602, data: { uri } });
    },
  );
});

describe("job://{job_id}/events", () => {
  it("is the timeline with the job's status", async () => {
    const w = withJobs(1);
    const events = [{ seq: 1, at: "2026-11-20T12:00:00.000Z", type: "accepted" as const, step: null, message: null }];
    w.registry.change(jobIdOf(1), { events });
    const timeline = textOf((await read(w, `job://${jobIdOf(1)}/events`)).result);
    expect(timeline).toEqual({ id: jobIdOf(1), status: "running", events });
  });

  it("of an unknown job is not found", async () => {
    expect((await read(withJobs(1), `job://${jobIdOf(9)}/events`)).error).toMatchObject({ code: -32602 });
  });
});

describe("blueprint://{name}", () => {
  it.each([
    ["blueprint://double", 2],
    ["blueprint://double@1", 1],
  ])("%s is the blueprint in full", async (uri, version) => {
    const { result } = await read(withJobs(0), uri);
    expect(textOf(result)).toMatchObject({ name: "double", version, source: "catalog", blueprint: { name: "double" } });
  });

  it.each(["blueprint://nope", "blueprint://double@7", "blueprint://No"])("%s is not found", async (uri) => {
    expect((await read(withJobs(0), uri)).error).toMatchObject({ code: -32602, data: { uri } });
  });

  it("completes names by prefix", async () => {
    const complete = (value: string) =>
      legacy(withJobs(0).deps, "completion/complete", {
        ref: { type: "ref/resource", uri: "blueprint://{name}" },
        argument: { name: "name", value },
      });
    expect((await complete("dou")).body.result).toMatchObject({ completion: { values: ["double"] } });
    expect((await complete("x")).body.result).toMatchObject({ completion: { values: [] } });
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
      resources: [
        "job://{job_id}",
        "job://{job_id}/result",
        "job://{job_id}/events",
        "blueprint://{name}",
        "blueprint://guide",
        "module://jobs",
        "ui://jobs/progress",
      ],
    });
    const { tools } = (await modern(deps, "tools/list")).body.result as { tools: { name: string }[] };
    const { prompts } = (await modern(deps, "prompts/list")).body.result as { prompts: { name: string }[] };
    expect(module.tools).toEqual(tools.map(({ name }) => name));
    expect(module.prompts).toEqual(prompts.map(({ name }) => name));
  });
});
