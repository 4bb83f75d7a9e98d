import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { newKeyId } from "../../src/auth/api-key.ts";
import { SCOPES, type Scope } from "../../src/auth/scopes.ts";
import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";
import { rawRequest, toolCall } from "../../tooling/raw.ts";
import { aKey, SECRET } from "../auth/keys.ts";
import { answer, ask, ORIGIN, register } from "./oauth-flow.ts";

/** Who did what to which job must be found in the operator's log, whichever way it was asked for. */

let lines: { event: string; [field: string]: unknown }[] = [];

beforeEach(() => {
  lines = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => lines.push(JSON.parse(line)));
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function aCaller(scopes: readonly Scope[] = SCOPES) {
  const who = { tenant: `t-${crypto.randomUUID()}`, key_id: newKeyId(crypto.getRandomValues(new Uint8Array(12))) };
  const key = await aKey({ ...who, scopes: [...scopes], expires_at: Date.now() + 3_600_000 });
  const send = (path: string, init: RequestInit = {}, shown = key): Promise<Response> => {
    const request = new Request(ORIGIN + path, init);
    request.headers.set("host", new URL(ORIGIN).host);
    request.headers.set("authorization", `Bearer ${shown}`);
    return worker.fetch(request, { ...(env as unknown as Env), AUTH_SECRET: SECRET }, createExecutionContext());
  };
  const post = (path: string, body: unknown) =>
    send(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const tool = async (name: string, args: object, shown = key): Promise<string> =>
    (await send("/mcp", rawRequest(shown, "2025-11-25", toolCall(name, { ...args })), shown)).text();
  return { who, key, send, post, tool };
}

const JOB = {
  blueprint: { name: "p", steps: [{ id: "a", type: "transform", value: 1 }] },
  run_at: new Date(Date.now() + 86_400_000).toISOString(),
};

describe("the log has a line with tenant and key", () => {
  it("of each call, with its job: submit, cancel and deletion, by MCP and by REST", async () => {
    const { who, tool, post, send } = await aCaller();
    const job_id = /job_[a-z0-9]+/.exec(await tool("jobs_submit_blueprint", JOB))?.[0];
    await tool("jobs_cancel", { job_id });
    await tool("jobs_delete", { job_id });
    const other = /job_[a-z0-9]+/.exec(await (await post("/api/v1/jobs", JOB)).text())?.[0];
    await post(`/api/v1/jobs/${other}/cancel`, {});
    await send(`/api/v1/jobs/${other}`, { method: "DELETE" });
    const calls = lines.filter(({ event }) => event === "mcp_call" || event === "rest_call");
    expect(calls).toEqual([
      ...["jobs_submit_blueprint", "jobs_cancel", "jobs_delete"].map((name) =>
        expect.objectContaining({ event: "mcp_call", name, ...who, job_id, outcome: "ok" }),
      ),
      ...["jobs_submit_blueprint", "jobs_cancel", "jobs_delete"].map((name) =>
        expect.objectContaining({ event: "rest_call", name, ...who, job_id: other }),
      ),
    ]);
  });

  it("of each refusal: for want of a scope, and of a key that was revoked", async () => {
    const { who, tool, send } = await aCaller(["jobs:read"]);
    await tool("jobs_submit_blueprint", JOB);
    await send("/keys");
    expect(lines.filter(({ event }) => event === "refused")).toEqual(
      Array(2).fill(expect.objectContaining({ event: "refused", status: 403, ...who })),
    );
    const admin = await aCaller();
    await admin.post("/keys/revoke", { key_id: admin.who.key_id });
    lines = [];
    await admin.tool("jobs_list", {});
    expect(lines).toContainEqual(expect.objectContaining({ event: "refused", status: 401, ...admin.who }));
  });

  it("of a revocation, with the key that was revoked", async () => {
    const { who, post } = await aCaller();
    await post("/keys/revoke", { key_id: "key_0123456789abcdef01234567" });
    expect(lines).toEqual([
      expect.objectContaining({ event: "key_revoked", revoked: "key_0123456789abcdef01234567", ...who }),
    ]);
  });

  it("of each sign-in, by OAuth and at the dashboard", async () => {
    const { who, key, send } = await aCaller();
    await answer(await ask((await register()).client_id), { key });
    await send("/ui/session", { method: "POST", headers: { origin: ORIGIN }, body: JSON.stringify({ key }) });
    expect(lines).toContainEqual(expect.objectContaining({ event: "sign_in", outcome: "approved", ...who }));
    expect(lines).toContainEqual(expect.objectContaining({ event: "signed_in", ...who }));
    expect(JSON.stringify(lines)).not.toContain(key);
  });
});

it("the log has a line of a key that is none, without what was sent", async () => {
  const { tool } = await aCaller();
  await tool("jobs_list", {}, "ej1_no.key");
  expect(lines).toEqual([expect.objectContaining({ event: "refused", status: 401, tenant: null, key_id: null })]);
  expect(JSON.stringify(lines)).not.toContain("no.key");
});
