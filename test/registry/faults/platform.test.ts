import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { askAsServer } from "../../../src/registry/api/client.ts";
import { aListQuery, aRequest, START } from "../bench.ts";

/** The crash points take deaths of the object for these, without the time that real ones cost. */

const anObject = () => {
  const tenant = crypto.randomUUID();
  return { tenant, stub: () => env.JOB_REGISTRY.getByName(`${tenant}/0`) };
};

/** Runs the work inside the object, which then dies. */
async function die(
  stub: DurableObjectStub,
  work: (storage: DurableObjectStorage) => void | Promise<void>,
): Promise<void> {
  const dying = runInDurableObject(stub, async (_instance, state) => {
    await work(state.storage);
    state.abort("the object dies");
  });
  await expect(dying).rejects.toThrow("the object dies");
}

/** What a later life finds. */
const found = (stub: DurableObjectStub) =>
  runInDurableObject(stub, async (_instance, { storage }) => ({
    rows: storage.sql.exec("SELECT key_id FROM revoked_keys ORDER BY key_id").toArray().length,
    alarm: await storage.getAlarm(),
  }));

const INSERT = "INSERT INTO revoked_keys (key_id, revoked_at) VALUES ('a', 1)";

describe("an object that dies", () => {
  it("right after a transaction, before anybody heard of it, has done none of it", async () => {
    const { stub } = anObject();
    await die(stub(), (storage) =>
      storage.transactionSync(() => {
        storage.sql.exec(INSERT);
        void storage.setAlarm(START);
      }),
    );
    expect(await found(stub())).toEqual({ rows: 0, alarm: null });
  });

  it("after its writes became durable has done all of it", async () => {
    const { stub } = anObject();
    await die(stub(), async (storage) => {
      storage.transactionSync(() => {
        storage.sql.exec(INSERT);
        void storage.setAlarm(START);
      });
      await storage.sync();
    });
    expect(await found(stub())).toEqual({ rows: 1, alarm: START });
  });

  it("after it has answered keeps the job and its alarm", async () => {
    const { tenant, stub } = anObject();
    const request = aRequest({ run_at: START });
    const submitted = await askAsServer(env.JOB_REGISTRY, tenant)(0, (registry, caller) =>
      registry.submit(caller, request),
    );
    await die(stub(), () => undefined);
    const { jobs } = await askAsServer(env.JOB_REGISTRY, tenant)(0, (registry, caller) =>
      registry.list(caller, aListQuery()),
    );
    expect(jobs.map((job) => job.id)).toEqual([submitted.ok && submitted.value.id]);
    expect((await found(stub())).alarm).toBe(START);
  });
});

describe("a transaction that is undone", () => {
  it("takes its alarm back, to what was set before", async () => {
    const { stub } = anObject();
    await runInDurableObject(stub(), async (_instance, { storage }) => {
      await storage.setAlarm(START);
      const undone = () =>
        storage.transactionSync(() => {
          storage.sql.exec(INSERT);
          void storage.setAlarm(START + 1_000);
          throw new Error("undone");
        });
      expect(undone).toThrow("undone");
    });
    expect(await found(stub())).toEqual({ rows: 0, alarm: START });
  });
});
