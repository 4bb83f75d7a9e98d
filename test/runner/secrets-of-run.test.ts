import { expect, it } from "vitest";
import { sealSecret } from "../../src/egress/sealed-secrets.ts";
import type { Ask } from "../../src/registry/api/client.ts";
import { secretsOf } from "../../src/runner/secrets-of-run.ts";

const signing = { current: "a".repeat(40), previous: undefined };
const settings = {
  secrets: signing,
  blueprintSecrets: [{ name: "SHARED", value: "operators-own-1", grants: [{ host: "*", tenant: undefined }] }],
};
const HOME = new URL("https://api.example.com/");

const sealed = async (name: string, value: string) => ({
  ...{ name, hosts: ["*"], updated_at: 0 },
  sealed: await sealSecret(signing, "acme", name, value),
});

/** The secrets of a run, and how often shard 0 was asked for the tenant's own. */
async function run(kept: [name: string, value: string][]) {
  const own = await Promise.all(kept.map(([name, value]) => sealed(name, value)));
  const asked: number[] = [];
  const ask = (async (shard: number) => {
    asked.push(shard);
    return own;
  }) as unknown as Ask;
  return { ...secretsOf(settings, "acme", ask, async () => undefined), own, asked };
}

it("what the start brought of the tenant's own is not asked for", async () => {
  const { secrets, knowSecrets, own, asked } = await run([["TOKEN", "tenants-own-1"]]);
  await knowSecrets(own);
  expect(secrets.get("TOKEN")).toBe("tenants-own-1");
  expect(secrets.mayGo("SHARED", HOME)).toBe(true);
  expect(asked).toEqual([]);
});

it("where the start brought nothing, shard 0 is asked", async () => {
  const { secrets, knowSecrets, asked } = await run([["TOKEN", "tenants-own-1"]]);
  await knowSecrets(undefined);
  expect(secrets.redactText("it is tenants-own-1")).toBe("it is [secret TOKEN]");
  expect(asked).toEqual([0]);
});

it("of two with one name the tenant's own is sent, and neither is shown", async () => {
  const { secrets, knowSecrets, own } = await run([["SHARED", "tenants-own-1"]]);
  await knowSecrets(own);
  expect(secrets.get("SHARED")).toBe("tenants-own-1");
  expect(secrets.redactText("operators-own-1 tenants-own-1")).toBe("[secret SHARED] [secret SHARED]");
});

it("a further start has those of then, and no deleted one", async () => {
  const { secrets, knowSecrets, own } = await run([["TOKEN", "tenants-own-1"]]);
  await knowSecrets(own);
  await knowSecrets([]);
  expect(secrets.get("TOKEN")).toBeUndefined();
  expect(secrets.get("SHARED")).toBe("operators-own-1");
});
