import { describe, expect, it } from "vitest";
import type { Principal } from "../../src/auth/principal.ts";
import { keysRoute } from "../../src/http/keys.ts";
import { RequestLog } from "../../src/lib/log.ts";
import { MAX_BODY_BYTES, MAX_LISTED_AUDIT } from "../../src/limits.ts";
import type { Caller } from "../../src/registry/api/caller.ts";
import type { AuditEntry } from "../../src/registry/api/keys.ts";
import { askOf } from "../mcp/ask.ts";

const NOW = Date.UTC(2030, 0, 1);
const KEY_ID = "key_0123456789abcdef01234567";

function world(over: Partial<Principal> = {}, audit: AuditEntry[][] = [[]]) {
  const written: { shard: number; keyId: string; now: number; by?: string | null | undefined }[] = [];
  /** Shards that check keys; `late` joins while shard 0 is told. */
  const joined = { shards: [2, 5], late: [] as number[] };
  const principal: Principal = { tenant: "acme", key_id: "key_ffffffffffffffffffffffff", scopes: ["admin"], ...over };
  const registry = (shard: number) => ({
    checkKey: async () => true as const,
    revokedKeys: async () => written.map(({ keyId, now }) => ({ key_id: keyId, revoked_at: now })),
    audit: async (_caller: Caller, before: number, limit: number) =>
      (audit[shard] ?? []).filter(({ at }) => at < before).slice(0, limit),
  });
  const trusted = (shard: number) => ({
    keyShards: async () => joined.shards,
    revokeKey: async ({ actor: by }: Caller, keyId: string, now: number) => {
      written.push({ shard, keyId, now, by });
      if (shard === 0) joined.shards = [...joined.shards, ...joined.late];
    },
  });
  const call = (path: string, init?: RequestInit) =>
    keysRoute(new Request(`https://jobs.example.com${path}`, init), {
      principal,
      ask: askOf(registry),
      askAsServer: askOf(trusted),
      shards: audit.length,
      log: new RequestLog(() => NOW),
      now: () => NOW,
    });
  const revoke = (body: BodyInit, headers: { [name: string]: string } = { "content-type": "application/json" }) =>
    call("/keys/revoke", { method: "POST", body, headers });
  return { call, revoke, written, joined };
}

describe("POST /keys/revoke", () => {
  it("is written to the objects that check keys and to no other, the one that answers lists last, and noted once", async () => {
    const { revoke, written } = world();
    const response = await revoke(JSON.stringify({ key_id: KEY_ID }));
    expect([response.status, await response.json()]).toEqual([200, { key_id: KEY_ID, revoked: true }]);
    expect(written.map(({ shard, by }) => [shard, by])).toEqual([
      [2, null],
      [5, null],
      [0, "key_ffffffffffffffffffffffff"],
    ]);
    expect(new Set(written.map(({ keyId, now }) => `${keyId} ${now}`))).toEqual(new Set([`${KEY_ID} ${NOW}`]));
  });

  it("reaches an object that joined meanwhile", async () => {
    const { revoke, written, joined } = world();
    joined.late = [7];
    await revoke(JSON.stringify({ key_id: KEY_ID }));
    expect(written.map(({ shard }) => shard)).toEqual([2, 5, 0, 7]);
  });

  it("says the OAuth client, too, of whoever signed in", async () => {
    const { revoke, written } = world({ client_id: "client-1" });
    await revoke(JSON.stringify({ key_id: KEY_ID }));
    expect(written.at(-1)?.by).toBe("key_ffffffffffffffffffffffff/client-1");
  });

  it.each([
    "",
    "{",
    "null",
    "{}",
    '{"key_id":1}',
    '{"key_id":"key_1"}',
    JSON.stringify({ key_id: KEY_ID, tenant: "other" }),
    " ".repeat(MAX_BODY_BYTES + 1),
  ])("with a body that is no revocation is 400 and writes nothing", async (body) => {
    const { revoke, written } = world();
    const response = await revoke(body);
    expect([response.status, written]).toEqual([400, []]);
    expect(await response.text()).toContain("key_id");
  });

  it("that a page of another site could send without asking is 415 and writes nothing", async () => {
    const { revoke, written } = world();
    for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
      expect((await revoke(JSON.stringify({ key_id: KEY_ID }), { "content-type": type })).status).toBe(415);
    }
    expect(written).toEqual([]);
  });

  it.each([[["jobs:read"]], [["jobs:write", "blueprints:write"]]] as const)(
    "with %j is 403 and writes nothing",
    async (scopes) => {
      const { revoke, written } = world({ scopes });
      const response = await revoke(JSON.stringify({ key_id: KEY_ID }));
      expect([response.status, written]).toEqual([403, []]);
      expect(response.headers.get("www-authenticate")).toContain("admin");
    },
  );
});

describe("GET /keys", () => {
  it("lists the revoked keys with their time", async () => {
    const { call, revoke } = world();
    expect(await (await call("/keys")).json()).toEqual({ revoked: [] });
    await revoke(JSON.stringify({ key_id: KEY_ID }));
    const { revoked } = (await (await call("/keys")).json()) as { revoked: object[] };
    expect(revoked[0]).toEqual({ key_id: KEY_ID, revoked_at: "2030-01-01T00:00:00.000Z" });
  });

  it("needs the scope admin", async () => {
    expect((await world({ scopes: ["jobs:read"] }).call("/keys")).status).toBe(403);
  });
});

describe("GET /keys/audit", () => {
  const entry = (at: number, subject = "job_1"): AuditEntry => ({ at, action: "job_deleted", actor: "key_1", subject });
  const read = async (path: string, audit: AuditEntry[][]) =>
    (await (await world({}, audit).call(path)).json()) as {
      entries: { at: string; subject: string }[];
      next_before: string;
    };

  it("tells what was done in every shard, the newest first, and goes on from a time", async () => {
    const audit = [[entry(NOW - 1, "a"), entry(NOW - 3, "c")], [entry(NOW - 2, "b")]];
    const { entries, next_before } = await read("/keys/audit", audit);
    expect(entries).toEqual([
      { at: "2029-12-31T23:59:59.999Z", action: "job_deleted", actor: "key_1", subject: "a" },
      expect.objectContaining({ subject: "b" }),
      expect.objectContaining({ subject: "c" }),
    ]);
    expect(next_before).toBeNull();
    const later = await read("/keys/audit?before=2029-12-31T23:59:59.998Z", audit);
    expect(later.entries.map(({ subject }) => subject)).toEqual(["c"]);
  });

  it("names 1,000 at a time, and none is left out", async () => {
    const many = Array.from({ length: MAX_LISTED_AUDIT + 5 }, (_, i) => entry(NOW - i, `job_${i}`));
    const first = await read("/keys/audit", [many]);
    const second = await read(`/keys/audit?before=${first.next_before}`, [many]);
    expect(first.entries).toHaveLength(MAX_LISTED_AUDIT);
    const all = new Set([...first.entries, ...second.entries].map(({ subject }) => subject));
    expect(all.size).toBe(many.length);
    expect(second.next_before).toBeNull();
  });

  it.each(["yesterday", "", "1e9", "2029-13-01T00:00:00Z"])(
    "with %j for a time is 400 and says what is one",
    async (before) => {
      const response = await world().call(`/keys/audit?before=${before}`);
      expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("ISO 8601")]);
    },
  );

  it("needs the scope admin", async () => {
    expect((await world({ scopes: ["jobs:read", "jobs:write"] }).call("/keys/audit")).status).toBe(403);
  });
});

describe("the other requests under /keys", () => {
  it.each([
    ["/keys", "POST", 405],
    ["/keys/revoke", "GET", 405],
    ["/keys/audit", "POST", 405],
    ["/keys/", "GET", 404],
    ["/keys/revoke/x", "POST", 404],
  ])("%s %s is %i", async (path, method, status) => {
    expect((await world().call(path, { method })).status).toBe(status);
  });
});
