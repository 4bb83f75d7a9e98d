import { describe, expect, it } from "vitest";
import type { AuditEntry, RevokedKey } from "../../../src/registry/api/keys.ts";
import { askOf } from "../../mcp/ask.ts";
import { api, type World, world } from "../support.ts";

const KEY_ID = "key_0123456789abcdef01234567";
const AT = Date.parse("2026-11-20T12:00:00.000Z");

/** A world whose objects know keys, and have an audit. */
function withKeys(audit: AuditEntry[] = []): World & { revoked: RevokedKey[] } {
  const revoked: RevokedKey[] = [];
  const ask = askOf(() => ({
    checkKey: async () => true as const,
    keyShards: async () => [],
    revokedKeys: async () => revoked,
    revokeKey: async (_caller, key_id, revoked_at) => void revoked.push({ key_id, revoked_at }),
    audit: async (_caller, before) => audit.filter(({ at }) => at < before),
  }));
  return { ...world({ service: { ask } }), revoked };
}

describe("keys and the audit", () => {
  it("revokes a key, and lists it", async () => {
    const w = withKeys();
    const revoked = await api(w, "POST", "/keys/revoke", { body: { key_id: KEY_ID } });
    expect(revoked).toMatchObject({ status: 200, body: { key_id: KEY_ID, revoked: true } });
    expect((await api(w, "GET", "/keys")).body).toEqual({
      revoked: [{ key_id: KEY_ID, revoked_at: "2026-11-20T12:00:00.000Z" }],
    });
  });

  it("refuses what is no key's id", async () => {
    const answer = await api(withKeys(), "POST", "/keys/revoke", { body: { key_id: "key_0" } });
    expect(answer).toMatchObject({ status: 422, body: { faults: [{ path: "key_id" }] } });
  });

  it("pages what was done by time", async () => {
    const entry = { action: "key_revoked", actor: null, subject: KEY_ID };
    const w = withKeys([{ ...entry, at: AT }]);
    const all = await api(w, "GET", "/audit");
    expect(all.body).toEqual({ entries: [{ ...entry, at: "2026-11-20T12:00:00.000Z" }], next_before: null });
    expect((await api(w, "GET", "/audit?before=2026-11-20T12:00:00Z")).body).toMatchObject({ entries: [] });
    const bad = await api(w, "GET", "/audit?before=yesterday");
    expect(bad).toMatchObject({ status: 422, body: { faults: [{ path: "before" }] } });
  });
});
