import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { MAX_TRIGGER_VALUE_BYTES } from "../../../src/limits.ts";
import type { Watched } from "../../../src/registry/api/caller.ts";
import { rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { type Bench, CALLER, inRegistry } from "../bench.ts";
import { aTrigger, everyMinute, jobsOf, ring, save } from "../fire/trigger-bench.ts";

const listen = (bench: Bench) =>
  bench.events.readEvents({ after: null, names: null, filter: {}, since: null, limit: 100 }, 0);

async function changes(bench: Bench, position: number) {
  const names = ["trigger.changed"];
  const { events } = await bench.events.readEvents({ after: position, names, filter: {}, since: null, limit: 100 }, 0);
  return events.map(({ event }) => event.data);
}

/** One more run of the watch. */
async function run(bench: Bench, watched: Watched, status: "succeeded" | "failed" = "succeeded"): Promise<string> {
  await ring(bench, 60_000);
  const id = (await jobsOf(bench)).at(-1)?.id ?? "";
  const plan = await bench.runner.start(bench.ref(id));
  expect(plan).toMatchObject({ do: "run", changed: "{% $result.list %}" });
  const error = { code: "http_status", message: "500" };
  const outcome = status === "failed" ? { name: status, error, path: null } : { name: status, output: { ok: true } };
  await bench.runner.settle(bench.ref(id), outcome, [], undefined, watched);
  return id;
}

const aWatch = () => aTrigger({ changed: "{% $result.list %}", schedule: everyMinute() });
const value = (of: Json | undefined): Watched => ({ value: of });

describe("a watch", () => {
  it("tells of each change once, and what came and went of a list", () =>
    inRegistry(async (bench) => {
      const { position } = await listen(bench);
      await save(bench, aWatch());
      await run(bench, value([{ a: 1, b: 2 }, "x"]));
      await run(bench, value([{ b: 2, a: 1 }, "x"]));
      expect(await changes(bench, position)).toEqual([]);
      const job_id = await run(bench, value([{ a: 1, b: 2 }, "y"]));
      const before = [{ a: 1, b: 2 }, "x"];
      const after = [{ a: 1, b: 2 }, "y"];
      const change = { trigger: "report", before, after, added: ["y"], removed: ["x"], job_id };
      expect(await changes(bench, position)).toEqual([change]);
    }));

  it("takes nothing and null for values, and a failed run for none", () =>
    inRegistry(async (bench) => {
      const { position } = await listen(bench);
      await save(bench, aWatch());
      for (const each of [undefined, undefined, null, null, 1]) await run(bench, value(each));
      await run(bench, value(2), "failed");
      const told = await changes(bench, position);
      expect(told.map(({ before, after }) => [before, after])).toEqual([
        [null, null],
        [null, 1],
      ]);
    }));

  it.each([
    [0, undefined],
    [1, "the value is larger than 65536 bytes"],
  ])("compares what is not too large: %i bytes above", (more, error) =>
    inRegistry(async (bench) => {
      await save(bench, aWatch());
      await run(bench, value("a".repeat(MAX_TRIGGER_VALUE_BYTES - 2 + more)));
      expect((await bench.caller.findTrigger(CALLER, "report"))?.watch_error).toBe(error ?? null);
    }),
  );

  it("says why it cannot compare, until it can", () =>
    inRegistry(async (bench) => {
      const { position } = await listen(bench);
      await save(bench, aWatch());
      const fault = async () => (await bench.caller.findTrigger(CALLER, "report"))?.watch_error;
      await run(bench, value(1));
      await run(bench, { error: "no such field" });
      expect(await fault()).toBe("no such field");
      await run(bench, value(1));
      expect(await fault()).toBeNull();
      expect(await changes(bench, position)).toEqual([]);
    }));

  it("that finds no change costs no row more than its job and its turn", () =>
    inRegistry(async (bench) => {
      await save(bench, aWatch());
      await run(bench, value(1));
      await ring(bench, 60_000);
      const id = (await jobsOf(bench)).at(-1)?.id ?? "";
      await bench.runner.start(bench.ref(id));
      const settle = (ref: ReturnType<Bench["ref"]>, watched?: Watched) =>
        rowsOf(bench.storage, () =>
          bench.runner.settle(ref, { name: "succeeded", output: { ok: true } }, [], undefined, watched),
        );
      const watched = await settle(bench.ref(id), value(1));
      const other = await bench.submit();
      await bench.runner.start(bench.ref(other.id));
      expect(watched.written).toBe((await settle(bench.ref(other.id))).written);
      const rest = await rowsOf(bench.storage, () => ring(bench, 60_000));
      const alone = await rowsOf(bench.storage, () =>
        bench.submit({ idempotency: { key: "a key", request_hash: "h" }, metadata: {} }),
      );
      // The alarm is set when it rings, for the job, and once it has rung.
      expect(rest.written - 3 - alone.written).toBe(2);
    }));
});
