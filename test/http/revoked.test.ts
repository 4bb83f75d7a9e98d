import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Claims } from "../../src/auth/api-key.ts";
import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";
import { type Call, ERAS, type EraVersion, isModernOnly, rawRequest, toolCall } from "../../tooling/raw.ts";
import { aKey, SECRET } from "../auth/keys.ts";

const ORIGIN = "https://jobs.example.com";
const newKeyId = () => `key_${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`;
const keyOf = (
  tenant: string,
  key_id: string,
  scopes: Claims["scopes"] = ["jobs:read", "jobs:write", "blueprints:write"],
) => aKey({ tenant, key_id, scopes, expires_at: Date.now() + 3_600_000 });

const send = (key: string, path: string, init: RequestInit) => {
  const request = new Request(ORIGIN + path, init);
  request.headers.set("host", new URL(ORIGIN).host);
  request.headers.set("authorization", `Bearer ${key}`);
  return worker.fetch(request, { ...(env as unknown as Env), AUTH_SECRET: SECRET }, createExecutionContext());
};
const call = (key: string, era: EraVersion, message: Call) => send(key, "/mcp", rawRequest(key, era, message));

const steps = [{ id: "a", type: "transform", value: 1 }];
const RUN_AT = new Date(Date.now() + 86_400_000).toISOString();

/** What asks the registry something, and what asks it nothing. */
const CALLS: Call[] = [
  { method: "tools/list", params: {} },
  { method: "prompts/list", params: {} },
  { method: "resources/list", params: {} },
  { method: "resources/templates/list", params: {} },
  { method: "resources/read", params: { uri: "blueprint://guide" } },
  { method: "resources/read", params: { uri: "module://jobs" } },
  { method: "prompts/get", params: { name: "jobs_plan", arguments: { goal: "x" } } },
  { method: "server/discover", params: {} },
  { method: "ping", params: {} },
  toolCall("jobs_submit_blueprint", { blueprint: { name: "p", steps }, dry_run: true }),
  toolCall("jobs_submit_blueprint", { blueprint: { name: "p", steps: [] } }),
  toolCall("jobs_submit_blueprint", { blueprint: { name: "p", steps }, run_at: RUN_AT }),
  toolCall("jobs_get_status", { job_id: "no id" }),
  toolCall("jobs_list", {}),
  toolCall("jobs_list", { limit: 0 }),
  toolCall("jobs_wait", { job_ids: ["no id"] }),
  toolCall("blueprints_list", {}),
  { method: "tasks/get", params: { taskId: "no id" } },
];

describe("a revoked key", () => {
  it("is told so as 401 by every call, from the next one on, and another one is not", async () => {
    const tenant = `t-${crypto.randomUUID()}`;
    const [lostId, keptId] = [newKeyId(), newKeyId()];
    const [lost, kept] = [await keyOf(tenant, lostId), await keyOf(tenant, keptId)];
    const admin = await keyOf(tenant, newKeyId(), ["admin"]);
    const calls = ERAS.flatMap((era) =>
      CALLS.filter((one) => era === "2026-07-28" || !isModernOnly(one)).map((one) => ({ era, one })),
    );
    for (const { era, one } of calls) expect((await call(lost, era, one)).status, JSON.stringify(one)).not.toBe(401);
    const init = { method: "POST", headers: { "content-type": "application/json" } };
    const revoked = await send(admin, "/keys/revoke", { ...init, body: JSON.stringify({ key_id: lostId }) });
    expect(revoked.status).toBe(200);
    for (const { era, one } of calls) {
      const response = await call(lost, era, one);
      expect([one.method, response.status], JSON.stringify(one)).toEqual([one.method, 401]);
      expect(response.headers.get("www-authenticate")).toContain('error="invalid_token"');
      expect(await response.text()).toContain("revoked");
    }
    expect((await call(kept, "2025-11-25", toolCall("jobs_list", {}))).status).toBe(200);
    const audit = await (await send(admin, "/keys/audit", { method: "GET" })).json();
    expect(audit).toMatchObject({ entries: [{ action: "key_revoked", subject: lostId }] });
  });

  it("may have revoked itself, wholly", async () => {
    const tenant = `t-${crypto.randomUUID()}`;
    const id = newKeyId();
    const admin = await keyOf(tenant, id, ["admin"]);
    const init = { method: "POST", headers: { "content-type": "application/json" } };
    const revoke = () => send(admin, "/keys/revoke", { ...init, body: JSON.stringify({ key_id: id }) });
    expect([(await revoke()).status, (await revoke()).status]).toEqual([200, 401]);
  });
});

describe("a key with jobs:write and without jobs:read", () => {
  const fieldsOf = async (response: Response) => {
    const text = await response.text();
    const json = text.startsWith("{") ? text : (/data: (.*)/.exec(text)?.[1] ?? "{}");
    return { text, content: JSON.parse(json).result?.structuredContent };
  };

  it.each(ERAS)("learns ids and statuses of what it does, and nothing else (%s)", async (era) => {
    const tenant = `t-${crypto.randomUUID()}`;
    const writer = await keyOf(tenant, newKeyId(), ["jobs:write"]);
    const reader = await keyOf(tenant, newKeyId());
    const args = { blueprint: { name: "canary-plan", steps }, metadata: { a: "canary" }, name: "canary-name" };
    const submitted = await fieldsOf(
      await call(writer, era, toolCall("jobs_submit_blueprint", { ...args, run_at: RUN_AT })),
    );
    const job_id = submitted.content.id;
    const cancelled = await fieldsOf(await call(writer, era, toolCall("jobs_cancel", { job_id, reason: "canary" })));
    const retried = await fieldsOf(await call(writer, era, toolCall("jobs_retry", { job_id })));
    const replies = [submitted, cancelled, retried];
    expect(replies.map(({ content }) => content.status)).toEqual(["queued", "cancelled", "queued"]);
    for (const { text, content } of replies) {
      expect(text).not.toContain("canary");
      expect(
        Object.keys(content).filter((field) => !["next", "id", "status", "deduplicated", "changed"].includes(field)),
      ).toEqual([]);
    }
    expect((await call(writer, era, toolCall("jobs_get_status", { job_id }))).status).toBe(403);
    const seen = await fieldsOf(await call(reader, era, toolCall("jobs_get_status", { job_id })));
    expect(seen.content).toMatchObject({ name: "canary-name", status: "cancelled" });
  });
});
