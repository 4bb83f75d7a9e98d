import { describe, expect, it } from "vitest";
import { MAX_TENANT_SECRETS } from "../../../src/limits.ts";
import type { SecretCalls } from "../../../src/registry/calls/keep-secrets.ts";
import { openRegistry } from "../../../src/registry/open-registry.ts";
import type { SealingPort } from "../../../src/registry/sealing-port.ts";
import { callerOf, inObject, inRegistry, NO_LIMITS, RETENTION_MS, START, TENANT } from "../bench.ts";
import { FakeEngine } from "../dispatch/fake-engine.ts";

const CALLER = callerOf(TENANT, { actor: "key-1" });
const HOSTS = ["api.example.com"];

interface Over {
  sealing?: SealingPort;
  storedBytes?: number;
}

const open = (storage: DurableObjectStorage, { sealing, storedBytes = 0 }: Over = {}) =>
  openRegistry({
    storage,
    engine: new FakeEngine(),
    now: () => START,
    entropy: (bytes) => new Uint8Array(bytes),
    background: () => {},
    log: () => {},
    findNewest: async () => undefined,
    retentionMs: RETENTION_MS,
    quotas: { ...NO_LIMITS, storedBytes },
    sealing,
  });

const set = (registry: { secretCalls: SecretCalls }, name: string, sealed: string) =>
  registry.secretCalls.putSecret(CALLER, { name, sealed, hosts: HOSTS });

describe("the secrets of a tenant, sealed", () => {
  it("are set, replaced, listed by name without what is sealed, and deleted, and the audit has each", () =>
    inObject(async (storage) => {
      const registry = await open(storage);
      expect(await set(registry, "B", "new.1.a")).toEqual({ ok: true, value: { created: true, updated_at: START } });
      await set(registry, "A", "new.1.b");
      expect(await set(registry, "B", "new.1.c")).toMatchObject({ value: { created: false } });
      // The same request again, whose answer was lost.
      expect(await set(registry, "B", "new.1.c")).toMatchObject({ value: { created: false } });
      const names = [
        { name: "A", hosts: HOSTS, updated_at: START },
        { name: "B", hosts: HOSTS, updated_at: START },
      ];
      expect(await registry.secretCalls.secretNames()).toEqual(names);
      expect(await registry.secretCalls.sealedSecrets()).toMatchObject([{ sealed: "new.1.b" }, { sealed: "new.1.c" }]);
      expect(await registry.secretCalls.deleteSecret(CALLER, "A")).toBe(true);
      expect(await registry.secretCalls.deleteSecret(CALLER, "A")).toBe(false);
      const audit = await registry.revocations.audit(CALLER, START + 1, 10);
      expect(audit.map(({ action, subject, actor }) => `${action} ${subject} ${actor}`)).toEqual([
        "secret_deleted A key-1",
        "secret_set B key-1",
        "secret_set A key-1",
        "secret_set B key-1",
      ]);
    }));

  it.each([
    [0, [{ name: "A", sealed: "k.1.a", hosts: HOSTS, updated_at: START }]],
    [1, undefined],
  ])("come with the start of a job where they are kept, and with no other: shard %i", (shard, brought) =>
    inRegistry(async ({ secrets, submit, runner, ref }) => {
      await secrets.putSecret(CALLER, { name: "A", sealed: "k.1.a", hosts: HOSTS });
      const { id } = await submit({}, { ...CALLER, shard });
      const run = await runner.start(ref(id));
      expect(run).toMatchObject({ do: "run" });
      expect("secrets" in run ? run.secrets : undefined).toEqual(brought);
    }),
  );

  it("are so many, and one that is there can still be replaced", () =>
    inObject(async (storage) => {
      const registry = await open(storage);
      for (let n = 0; n < MAX_TENANT_SECRETS; n++)
        expect(await set(registry, `N${n}`, "k.1.a")).toMatchObject({ ok: true });
      const full = { code: "too_many_secrets", saved: MAX_TENANT_SECRETS, limit: MAX_TENANT_SECRETS };
      expect(await set(registry, "MORE", "k.1.a")).toEqual({ ok: false, error: full });
      expect(await set(registry, "N0", "k.1.b")).toMatchObject({ ok: true });
    }));

  it("count as what the tenant stores", () =>
    inObject(async (storage) => {
      const registry = await open(storage, { storedBytes: 1 });
      expect(await set(registry, "A", "k.1.a")).toMatchObject({ ok: false, error: { code: "storage_full" } });
      expect(await registry.secretCalls.secretNames()).toEqual([]);
    }));
});

describe("when AUTH_SECRET is changed, the alarm", () => {
  it("seals again what is under the one before, gives up what does not open, and rings no more then", () =>
    inObject(async (storage) => {
      const before = await open(storage);
      await set(before, "A", "old.1.a");
      await set(before, "BROKEN", "old.1.x");
      await set(before, "FRESH", "new.1.c");
      await storage.deleteAlarm();
      const sealing = {
        previousKey: "old",
        sealAgain: async (sealed: string) => (sealed.endsWith("x") ? undefined : sealed.replace("old", "new")),
      };
      const registry = await open(storage, { sealing });
      expect(await storage.getAlarm()).toBe(START + 1);
      expect(await registry.secretCalls.sealedUnder(CALLER, "old")).toBe(2);
      await registry.reconciler.onAlarm();
      expect(await registry.secretCalls.sealedUnder(CALLER, "old")).toBe(0);
      expect((await registry.secretCalls.sealedSecrets()).map(({ sealed }) => sealed)).toEqual([
        "new.1.a",
        "old.1.x",
        "new.1.c",
      ]);
      // The audit's rows are all that is due, in 90 days.
      expect(await storage.getAlarm()).toBeGreaterThan(START + 86_400_000);
    }));

  it("leaves alone what somebody sets meanwhile", () =>
    inObject(async (storage) => {
      let registry: { secretCalls: SecretCalls } = await open(storage);
      await set(registry, "A", "old.1.a");
      const sealing: SealingPort = {
        previousKey: "old",
        sealAgain: async () => {
          await set(registry, "A", "new.1.mine");
          return "new.1.a";
        },
      };
      const opened = await open(storage, { sealing });
      registry = opened;
      await opened.reconciler.onAlarm();
      expect(await opened.secretCalls.sealedSecrets()).toMatchObject([{ sealed: "new.1.mine" }]);
    }));
});
