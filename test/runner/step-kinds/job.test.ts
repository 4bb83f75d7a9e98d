import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { MAX_SPAWNS_IN_FLIGHT } from "../../../src/limits.ts";
import { aListQuery, type Bench, CALLER, inRegistry, planOf, statusOf } from "../../registry/bench.ts";
import { Crash, json, RecordingStep, runSteps, scripted } from "../bench.ts";

const named = (name: string, version: number) => {
  const plan = planOf([{ id: "t", type: "transform", value: `${name}@${version}` }]);
  return { name, version, plan: { ...plan, name } };
};
const BLUEPRINTS = { "a@3": named("a", 3), "b@1": named("b", 1), "b@2": named("b", 2) };

const chosen = (more: Record<string, Json> = {}): Json => ({
  id: "child",
  type: "job",
  blueprint: "{% $input.kind %}",
  // As they are when they were pinned at submit.
  one_of: ["a@3", "b@1", "b@2"],
  ...more,
});

const children = async (bench: Bench, id: string) =>
  (await bench.caller.list(CALLER, aListQuery())).jobs.filter(({ parent_id }) => parent_id === id);

describe("a job step whose blueprint is an expression", () => {
  it.each([
    ["a", "a@3"],
    ["b", "b@1"],
    ["b@2", "b@2"],
  ])("runs %s as one of the names that it may be", (kind, label) =>
    inRegistry(async (bench) => {
      const run = await runSteps(bench, [chosen({ detached: true })], { input: { kind }, blueprints: BLUEPRINTS });
      expect(await children(bench, run.id)).toMatchObject([{ blueprint: label }]);
    }),
  );

  it.each([["c"], ["b@3"], [null], [{ name: "a" }]])("fails when it comes out as %j, and says what it may be", (kind) =>
    inRegistry(async (bench) => {
      const run = await runSteps(bench, [chosen()], { input: { kind }, blueprints: BLUEPRINTS });
      expect(await run.status()).toMatchObject({ status: "failed", error_code: "unknown_blueprint" });
      expect((await run.status()).error).toContain("none of a@3, b@1, b@2");
      expect(await children(bench, run.id)).toEqual([]);
    }),
  );
});

describe("a child whose blueprint was deleted since it was started", () => {
  const steps = [{ id: "child", type: "job", blueprint: "a@3" }];
  /** The process dies while the parent waits. */
  async function orphaned(bench: Bench) {
    const step = new RecordingStep();
    step.whileWaiting = () => step.die();
    const { id } = await runSteps(bench, steps, { blueprints: BLUEPRINTS, step });
    const [child] = await children(bench, id);
    if (child === undefined) throw new Error("no child");
    return { id, end: () => runSteps(bench, [chosen()], { existing: child.id }) };
  }

  it("is waited for by a later run of its parent, while it runs and when it has ended", async () => {
    for (const endsBefore of [false, true]) {
      await inRegistry(async (bench) => {
        const { id, end } = await orphaned(bench);
        if (endsBefore) await end();
        const step = new RecordingStep();
        step.whileWaiting = async () => void (await end());
        await runSteps(bench, steps, { existing: id, step });
        expect(await statusOf(bench, id)).toMatchObject({ status: "succeeded", result: { value: "a@3" } });
        expect(await children(bench, id)).toHaveLength(1);
      });
    }
  });

  it("that was never started fails its step", () =>
    inRegistry(async (bench) => {
      const run = await runSteps(bench, steps);
      expect(await run.status()).toMatchObject({ status: "failed", error_code: "unknown_blueprint" });
    }));
});

const kid = { name: "kid", steps: [{ id: "n", type: "transform", value: "{% $input.n %}" }] };
const detached = (more: Record<string, Json> = {}): Json => ({
  id: "kid",
  type: "job",
  blueprint: kid,
  detached: true,
  input: { n: "{% $item %}" },
  ...more,
});

describe("a detached child", () => {
  it("is started, and the job goes on and ends without it", () =>
    inRegistry(async (bench) => {
      const run = await runSteps(bench, [detached({ input: { n: 1 } })]);
      const [child] = await children(bench, run.id);
      expect(child).toMatchObject({ status: "queued", name: "kid" });
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { job_id: child?.id } });
      expect(run.step.names).toEqual(["segment-1"]);
    }));

  it("runs on when the job is cancelled", () =>
    inRegistry(async (bench) => {
      const step = new RecordingStep();
      step.whileWaiting = async () => {
        const [row] = (await bench.caller.list(CALLER, aListQuery())).jobs.filter((job) => job.parent_id === null);
        await bench.caller.cancel(CALLER, row?.id ?? "", null);
      };
      const ask = { id: "ask", type: "input", message: "?", schema: { type: "object", properties: {} } };
      const run = await runSteps(bench, [detached({ input: { n: 1 } }), ask], { step });
      expect((await run.status()).status).toBe("cancelled");
      expect(await children(bench, run.id)).toMatchObject([{ status: "queued" }]);
    }));

  it("is one for each row, however often the job is resumed", () =>
    inRegistry(async (bench) => {
      const map = { id: "all", type: "map", over: [1, 2, 3], steps: [detached()] };
      const run = await runSteps(bench, [map]);
      await run.resume(new RecordingStep());
      const ids = (await children(bench, run.id)).map(({ id }) => id).sort();
      expect(ids).toHaveLength(3);
      const { value } = (await run.status()).result as { value: { job_id: string }[] };
      expect(value.map(({ job_id }) => job_id).sort()).toEqual(ids);
    }));

  it("is not started twice when the process dies before it hears of it", () =>
    inRegistry(async (bench) => {
      let crashes = 1;
      const registry = (real: Bench["runner"]): Bench["runner"] =>
        new Proxy(real, {
          get: (target, name) =>
            name !== "spawn"
              ? Reflect.get(target, name)
              : async (...args: Parameters<Bench["runner"]["spawn"]>) => {
                  const answer = await target.spawn(...args);
                  if (crashes-- > 0) throw new Crash();
                  return answer;
                },
        });
      const run = await runSteps(bench, [detached({ input: { n: 1 } })], { registry });
      await run.resume(new RecordingStep());
      expect((await run.status()).status).toBe("succeeded");
      expect(await children(bench, run.id)).toHaveLength(1);
    }));

  it("counts in the tree of the job, which may have so many", () =>
    inRegistry(
      async (bench) => {
        const map = { id: "all", type: "map", over: [1, 2, 3], concurrency: 1, steps: [detached()] };
        const run = await runSteps(bench, [map]);
        expect(await run.status()).toMatchObject({ status: "failed", error_code: "limit_exceeded" });
        expect(await children(bench, run.id)).toHaveLength(2);
      },
      { treeJobs: 3 },
    ));

  it("is started anew when the step runs again while it still runs, and retried when it has failed", () =>
    inRegistry(async (bench) => {
      const steps = [detached({ input: { n: 1 } })];
      const run = await runSteps(bench, steps);
      const again = async (from: string) => {
        const request = { from_step: "kid", input: null };
        const retried = await bench.caller.retry(CALLER, from, request);
        if (!retried.ok) throw new Error(retried.error.code);
        await runSteps(bench, steps, { existing: retried.value.id });
        const [child] = await children(bench, retried.value.id);
        return { id: retried.value.id, child };
      };
      const second = await again(run.id);
      expect(await statusOf(bench, second.child?.id ?? "")).toMatchObject({ retried_from: null });
      const ref = bench.ref(second.child?.id ?? "");
      await bench.runner.start(ref);
      await bench.runner.settle(ref, { name: "failed", error: { code: "x", message: "no" }, path: null }, []);
      const third = await again(second.id);
      expect(await statusOf(bench, third.child?.id ?? "")).toMatchObject({ retried_from: second.child?.id });
    }));

  it("can be undone like any effect", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({}), json({}));
      const undo = { type: "http", method: "POST", url: "https://api.example.com/stop/{% $steps.kid.job_id %}" };
      const bad = { id: "bad", type: "http", url: "https://api.example.com/", expect: [418], retry: { limit: 0 } };
      const run = await runSteps(bench, [detached({ input: { n: 1 }, undo }), bad], { fetch });
      const cleanup = (await run.status()).cleanup_job_id;
      const [child] = (await children(bench, run.id)).filter(({ id }) => id !== cleanup);
      await runSteps(bench, [bad], { fetch, existing: cleanup ?? "" });
      expect(sent.map(({ url }) => url)).toContain(`https://api.example.com/stop/${child?.id}`);
    }));
});

describe("the children of a job", () => {
  /** Time passes for all that wait at once, not for one after the other. */
  const together = ({ clock }: Bench) => ({
    pause: async (ms: number) => {
      const until = clock.now + ms;
      await scheduler.wait(1);
      clock.now = Math.max(clock.now, until);
    },
  });
  const spawning = (onSpawn: () => Promise<void>) => ({
    registry: (real: Bench["runner"]): Bench["runner"] =>
      new Proxy(real, {
        get: (target, name) =>
          name !== "spawn"
            ? Reflect.get(target, name)
            : async (...args: Parameters<Bench["runner"]["spawn"]>) => {
                await onSpawn();
                return target.spawn(...args);
              },
      }),
  });
  /** Seven times so many, all at once. */
  const wide = (rows: number): Json[] => {
    const over = Array.from({ length: rows }, (_, i) => i);
    const inner = { id: "inner", type: "map", over, concurrency: 20, steps: [detached()] };
    return [{ id: "outer", type: "map", over: [1, 2, 3, 4, 5, 6, 7], concurrency: 20, steps: [inner] }];
  };

  it("are asked for so many at once, however wide the maps are, and all of them start", () =>
    inRegistry(async (bench) => {
      let now = 0;
      let most = 0;
      const { registry } = spawning(async () => {
        most = Math.max(most, ++now);
        await scheduler.wait(1);
        now -= 1;
      });
      const run = await runSteps(bench, wide(5), { registry });
      expect((await run.status()).status).toBe("succeeded");
      expect(await children(bench, run.id)).toHaveLength(35);
      expect(most).toBe(MAX_SPAWNS_IN_FLIGHT);
    }));

  it("have their inputs made in their turn: those that wait for it hold none", () =>
    inRegistry(async (bench) => {
      let held = 0;
      let most = 0;
      const { registry } = spawning(async () => {
        await scheduler.wait(1);
        held -= 1;
      });
      const blueprints = {
        get "a@3"() {
          most = Math.max(most, ++held);
          return BLUEPRINTS["a@3"];
        },
      };
      const rows = Array.from({ length: 20 }, (_, i) => i);
      const map = { id: "all", type: "map", over: rows, concurrency: 20, steps: [chosen({ detached: true })] };
      const run = await runSteps(bench, [map], { input: { kind: "a" }, blueprints, registry });
      expect((await run.status()).status).toBe("succeeded");
      expect(most).toBe(MAX_SPAWNS_IN_FLIGHT);
    }));

  it("wait for the tenant's rate in their turn: those behind the first do not ask in vain", () =>
    inRegistry(
      async (bench) => {
        let asked = 0;
        const { registry } = spawning(async () => void asked++);
        const run = await runSteps(bench, wide(7), { registry, ...together(bench) });
        expect((await run.status()).status).toBe("succeeded");
        expect(await children(bench, run.id)).toHaveLength(49);
        const late = 49 - 29;
        expect(asked).toBeLessThanOrEqual(49 + late * MAX_SPAWNS_IN_FLIGHT);
      },
      { submitsPerMinute: 30 },
    ));

  it("wait for it beyond the end of a segment too", () =>
    inRegistry(
      async (bench) => {
        const run = await runSteps(bench, wide(3), together(bench));
        expect((await run.status()).status).toBe("succeeded");
        expect(await children(bench, run.id)).toHaveLength(21);
        expect(run.step.names).toContain("segment-3");
      },
      { submitsPerMinute: 6 },
    ));
});
