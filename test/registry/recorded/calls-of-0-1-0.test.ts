import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { askAsServer } from "../../../src/registry/api/client.ts";
import type { JobRegistry } from "../../../src/registry/calls-of-0-1-0.ts";
import { aRequest } from "../bench.ts";

const KEY = "key_0123456789abcdef01234567";
const LATER = Date.UTC(2040, 0, 1);
const INCLUDE = { steps: false, events: false };

/** An object, as a Worker of 0.1.0 calls it. */
function anObject() {
  const tenant = crypto.randomUUID();
  const stub = env.JOB_REGISTRY.getByName(`${tenant}/0`) as unknown as Record<
    string,
    (...args: unknown[]) => Promise<Json>
  >;
  const call = (name: string, ...args: unknown[]) => stub[name]?.(...args);
  return { tenant, call, ask: askAsServer(env.JOB_REGISTRY, tenant) };
}

describe("a Worker of 0.1.0", () => {
  it("has its calls with a key served as they were, until the key is revoked", async () => {
    const { tenant, call, ask } = anObject();
    const request = { ...aRequest({ run_at: LATER }), tenant, shard: 0 };
    const submitted = await call("withKey", KEY, "submit", [request]);
    expect(submitted).toMatchObject({ ok: true, value: { ok: true, value: { status: "queued" } } });
    const { jobs } = await ask(0, (registry, caller) => registry.list(caller, { ...LIST }));
    const id = jobs[0]?.id ?? "";
    expect(await call("withKey", KEY, "status", [tenant, id, INCLUDE])).toMatchObject({ value: { value: { id } } });
    expect(await call("withKey", KEY, "wait", [tenant, id, 0])).toMatchObject({ value: { value: { id } } });
    await call("revokeKey", KEY, LATER);
    expect(await call("withKey", KEY, "status", [tenant, id, INCLUDE])).toEqual({ ok: false, error: "revoked" });
    expect(await call("status", tenant, id, INCLUDE)).toMatchObject({ ok: true, value: { id } });
  });

  it("reaches nothing that 0.1.0 did not have", async () => {
    const { tenant } = anObject();
    // Inside of the object: what a call throws is reported as a fault of the test, also where it is expected.
    await runInDurableObject(env.JOB_REGISTRY.getByName(`${tenant}/0`), async (object: JobRegistry) => {
      for (const name of ["audit", "alarm", "settle", "constructor"]) {
        await expect(object.withKey(KEY, name, [])).rejects.toThrow("no call of 0.1.0");
      }
    });
  });
});

describe("a caller", () => {
  it("is not served by an object of another tenant or shard", async () => {
    const { tenant } = anObject();
    await runInDurableObject(env.JOB_REGISTRY.getByName(`${tenant}/0`), async (object: JobRegistry) => {
      const caller = { tenant, shard: 0, key_id: null, actor: null };
      expect(await object.checkKey(caller)).toEqual({ ok: true, value: true });
      for (const wrong of [{ tenant: "globex" }, { shard: 1 }]) {
        await expect(object.checkKey({ ...caller, ...wrong })).rejects.toThrow("another object");
      }
    });
  });
});

const LIST = {
  statuses: [],
  blueprint: null,
  metadata: {},
  submitted_after: null,
  submitted_before: null,
  limit: 10,
  after: null,
};
