import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import type { RespondError, RetryError } from "../../../src/registry/api/caller.ts";
import { callTool, jobIdOf, world } from "../support.ts";

/** What is stored, by what a reader of the error would see of it. */
const STORED = /charge_card|secret_field|q_hidden|accepted at|double/;
const FAULT = { path: "input.secret_field", message: "is missing", fix: "Add it." };

const RETRIES: RetryError[] = [
  { code: "no_such_step", steps: ["charge_card"] },
  { code: "invalid_input", faults: [FAULT] },
];
const ANSWERS: RespondError[] = [
  { code: "unknown_request", open: ["q_hidden"] },
  { code: "unknown_request", open: [], children: [{ job_id: jobIdOf(2), request_id: "q" }] },
  { code: "already_answered", action: "accept", at: 0 },
  { code: "invalid_content", faults: [{ ...FAULT, path: "content.secret_field" }] },
];

const WRITER = { scopes: ["jobs:write"] as const };

describe("an error to a key that may not read", () => {
  const retry = { job_id: jobIdOf(1), from_step: "x" };
  const answer = { job_id: jobIdOf(1), request_id: "q", action: "accept" };

  it.each<[tool: string, error: RetryError | RespondError, args: JsonObject]>([
    ...RETRIES.map((error): [string, RetryError, JsonObject] => ["jobs_retry", error, retry]),
    ...ANSWERS.map((error): [string, RespondError, JsonObject] => ["jobs_respond", error, answer]),
  ])("of %s says nothing of what is stored, and that a reader sees more: %j", async (tool, error, args) => {
    const [writer, reader] = [world(WRITER), world()];
    for (const { registry } of [writer, reader]) {
      registry.change(jobIdOf(1), { status: "failed" });
      registry.retryError = error as RetryError;
      registry.respondError = error as RespondError;
    }
    const { text, isError } = await callTool(writer.deps, tool, args);
    expect(isError).toBe(true);
    expect(text).not.toMatch(STORED);
    expect(text).not.toContain(jobIdOf(2));
    expect(text).toContain("jobs:read");
    expect((await callTool(reader.deps, tool, args)).text).not.toContain("jobs:read");
  });

  it("of a blueprint that is not there names none that is", async () => {
    const args = { blueprint: "doubel", input: {} };
    const { text } = await callTool(world(WRITER).deps, "jobs_submit_blueprint", args);
    expect(text).toContain('"doubel" is not known');
    expect(text).not.toMatch(STORED);
    expect((await callTool(world().deps, "jobs_submit_blueprint", args)).text).toContain("double");
  });
});
