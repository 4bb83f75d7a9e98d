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
});
