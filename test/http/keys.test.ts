import { describe, expect, it } from "vitest";
import type { Principal } from "../../src/auth/principal.ts";
import { keysRoute } from "../../src/http/keys.ts";
import { MAX_BODY_BYTES, MAX_REGISTRY_SHARDS } from "../../src/limits.ts";

const NOW = Date.UTC(2030, 0, 1);
const KEY_ID = "key_0123456789abcdef01234567";

function world(over: Partial<Principal> = {}) {
  const written: { shard: number; keyId: string; now: number }[] = [];
  const principal: Principal = { tenant: "acme", key_id: "key_ffffffffffffffffffffffff", scopes: ["admin"], ...over };
  const registry = (shard: number) => ({
    revokeKey: async (keyId: string, now: number) => {
      written.push({ shard, keyId, now });
    },
    revokedKeys: async () => written.map(({ keyId, now }) => ({ key_id: keyId, revoked_at: now })),
  });
  const call = (path: string, init?: RequestInit) =>
    keysRoute(new Request(`https://jobs.example.com${path}`, init), { principal, registry, now: () => NOW });
  const revoke = (body: BodyInit, headers: { [name: string]: string } = { "content-type": "application/json" }) =>
    call("/keys/revoke", { method: "POST", body, headers });
  return { call, revoke, written };
}

describe("POST /keys/revoke", () => {
  it("is written to every object that the tenant may ever have, the one that answers lists last", async () => {
    const { revoke, written } = world();
    const response = await revoke(JSON.stringify({ key_id: KEY_ID }));
    expect([response.status, await response.json()]).toEqual([200, { key_id: KEY_ID, revoked: true }]);
    const shards = written.map(({ shard }) => shard);
    expect(shards.toSorted((a, b) => a - b)).toEqual(Array.from({ length: MAX_REGISTRY_SHARDS }, (_, i) => i));
    expect(shards.at(-1)).toBe(0);
    expect(new Set(written.map(({ keyId, now }) => `${keyId} ${now}`))).toEqual(new Set([`${KEY_ID} ${NOW}`]));
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

describe("the other requests under /keys", () => {
  it.each([
    ["/keys", "POST", 405],
    ["/keys/revoke", "GET", 405],
    ["/keys/", "GET", 404],
    ["/keys/revoke/x", "POST", 404],
  ])("%s %s is %i", async (path, method, status) => {
    expect((await world().call(path, { method })).status).toBe(status);
  });
});
