import { describe, expect, it } from "vitest";
import { err } from "../../src/lib/result.ts";
import type { QuotaError } from "../../src/registry/api/caller.ts";
import { callTool, jobIdOf, world } from "./support.ts";

const ERRORS: [error: QuotaError, texts: string[]][] = [
  [
    { code: "too_many_active", active: 1_001, limit: 1_000 },
    ["1001 jobs", "the most is 1000", 'jobs_list {"status":["queued","running","input_required"]}', "jobs_cancel"],
  ],
  [
    { code: "too_many_submits", limit: 600, retry_after_ms: 1_001 },
    ["the most is 600 submits a minute", "again in 2 s", "retry_after_ms: 1001"],
  ],
  [
    { code: "storage_full", stored_bytes: 1_073_745_920, limit_bytes: 1_073_741_824 },
    [
      "1073745920 bytes",
      "the most is 1073741824",
      'jobs_list {"status":["succeeded","failed","cancelled"]}',
      "jobs_delete",
    ],
  ],
];

describe("a limit of the tenant", () => {
  it.each(ERRORS)("that a submit meets is an error that says what to do: %j", async (error, texts) => {
    const w = world();
    w.registry.submit = async () => err(error);
    const reply = await callTool(w.deps, "jobs_submit_blueprint", { blueprint: "double", input: { n: 1 } });
    expect(reply).toMatchObject({ isError: true, structured: {} });
    expect(reply.text).toMatch(new RegExp(`^Not submitted \\(${error.code}\\), nothing is stored: `));
    for (const text of texts) expect(reply.text).toContain(text);
  });

  it.each(ERRORS)("that a retry meets is an error that says what to do: %j", async (error, texts) => {
    const w = world();
    w.registry.change(jobIdOf(1), { status: "failed" });
    w.registry.retryError = error;
    const reply = await callTool(w.deps, "jobs_retry", { job_id: jobIdOf(1) });
    expect(reply.isError).toBe(true);
    expect(reply.text).toMatch(new RegExp(`^Not retried \\(${error.code}\\), nothing is stored: `));
    for (const text of texts) expect(reply.text).toContain(text);
  });

  it("on dry runs is that of submits: one too many says when the next may come, and checks nothing", async () => {
    const w = world({ tenant: "dry", dryRunsPerMinute: 3 });
    const dryRun = () =>
      callTool(w.deps, "jobs_submit_blueprint", { blueprint: "double", input: { n: 1 }, dry_run: true });
    for (let n = 0; n < 3; n++) expect((await dryRun()).structured.valid).toBe(true);
    const refused = await dryRun();
    expect(refused.isError).toBe(true);
    expect(refused.text).toMatch(
      /^Not checked \(too_many_submits\), nothing is stored: the most is 3 submits a minute/,
    );
    expect(refused.text).toContain("again in 20 s");
    const other = world({ tenant: "another", dryRunsPerMinute: 3 }).deps;
    const args = { blueprint: "double", input: { n: 1 }, dry_run: true };
    expect((await callTool(other, "jobs_submit_blueprint", args)).isError).toBe(false);
    w.registry.now += 20_000;
    expect((await dryRun()).isError).toBe(false);
  });
});
