import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import type { RetryRequest } from "../../../src/registry/api/caller.ts";
import { type Bench, CALLER, inRegistry, planOf } from "../../registry/bench.ts";
import { Crash, json, runSteps } from "../bench.ts";

const AS_BEFORE: RetryRequest = { from_step: null, input: null };
const pay = (more: JsonObject = {}) => ({
  id: "pay",
  type: "http",
  method: "POST",
  url: "https://example.com/pay",
  retry: { limit: 0 },
  ...more,
});

type Answer = () => Response;
const status =
  (code: number): Answer =>
  () =>
    new Response("no", { status: code });
const reset: Answer = () => {
  throw new TypeError("connection reset");
};
const dies: Answer = () => {
  throw new Crash("killed");
};

/** A service that answers from a script and remembers the keys. */
function service(...answers: Answer[]) {
  const keys: (string | null)[] = [];
  const fetch = async (_url: string, init: RequestInit = {}) => {
    const answer = answers[Math.min(keys.length, answers.length - 1)] ?? json({});
    keys.push(new Headers(init.headers).get("idempotency-key"));
    return answer();
  };
  return { fetch, keys };
}

async function retried(bench: Bench, id: string, request: RetryRequest = AS_BEFORE): Promise<string> {
  const reply = await bench.caller.retry(CALLER, id, request);
  if (!reply.ok) throw new Error(JSON.stringify(reply.error));
  await bench.settleBackground();
  return reply.value.id;
}

/** Runs the steps, then each retry of the one before it. @returns the keys that were sent, the first job's id as `J` */
async function keysOf(answers: Answer[], steps: JsonObject[], retries: RetryRequest[], input: JsonObject = {}) {
  let sent: string[] = [];
  await inRegistry(async (bench) => {
    const { fetch, keys } = service(...answers);
    const first = (await runSteps(bench, steps, { fetch, input })).id;
    let id = first;
    for (const request of retries) {
      const now = await bench.caller.status(CALLER, id, { steps: false, events: false });
      // Its process died: nobody will report any more.
      if (now.ok && now.value.status === "running") await bench.caller.cancel(CALLER, id, null);
      id = await retried(bench, id, request);
      await runSteps(bench, steps, { fetch, existing: id });
    }
    sent = keys.map((key) => String(key).replaceAll(first, "J"));
  });
  return sent;
}

const PLAN = (steps: JsonObject[]) => ({ label: "inline", plan: planOf(steps), plan_hash: crypto.randomUUID() });

describe("the idempotency key over retries", () => {
  it.each([
    ["a connection that was reset", reset],
    ["HTTP 500", status(500)],
    ["HTTP 503", status(503)],
    ["HTTP 408", status(408)],
    ["HTTP 429", status(429)],
    ["a process that died", dies],
  ])("stays after %s, in every retry", async (_name, answer) => {
    expect(await keysOf([answer, answer, json({})], [pay()], [AS_BEFORE, AS_BEFORE])).toEqual(Array(3).fill("J.pay"));
  });

  it.each([400, 402, 404, 409, 422])("is a new one after HTTP %i, by the number of the retry", async (code) => {
    const answers = [status(code), status(code), json({})];
    expect(await keysOf(answers, [pay()], [AS_BEFORE, AS_BEFORE])).toEqual(["J.pay", "J.pay~1", "J.pay~2"]);
  });

  it("stays after an answer that came behind an unknown outcome, as long as that is unknown", async () => {
    const answers = [reset, status(402), reset, json({})];
    const keys = await keysOf(answers, [pay()], [AS_BEFORE, AS_BEFORE, AS_BEFORE]);
    expect(keys).toEqual(["J.pay", "J.pay", "J.pay~2", "J.pay~2"]);
  });

  it.each<[string, RetryRequest]>([
    ["from_step", { from_step: "pay", input: null }],
    ["input", { from_step: null, input: { other: 1 } }],
    ["a changed step", { ...AS_BEFORE, blueprint: PLAN([pay({ body: { amount: 6 } })]) }],
    ["a longer timeout", { ...AS_BEFORE, timeout_ms: 60_000 }],
  ])("stays while the outcome is unknown, also by %s", async (_name, request) => {
    expect(await keysOf([reset, json({})], [pay()], [request])).toEqual(["J.pay", "J.pay"]);
  });

  it("is a new one when a finished step runs again, and the old one where it never ran", async () => {
    const steps = [pay(), pay({ id: "next" })];
    const failing = [json({}), status(402), json({})];
    const again = await keysOf(failing, steps, [{ from_step: "pay", input: null }]);
    expect(again).toEqual(["J.pay", "J.next", "J.pay~1", "J.next~1"]);
    const third = [pay(), pay({ id: "next" }), pay({ id: "last" })];
    const goesOn = await keysOf(failing, third, [AS_BEFORE]);
    expect(goesOn).toEqual(["J.pay", "J.next", "J.next~1", "J.last"]);
  });

  it("is a new one when a step runs again that finished under the key of an unknown outcome", async () => {
    const rerun = { from_step: "pay", input: null };
    expect(await keysOf([reset, json({})], [pay()], [AS_BEFORE, rerun])).toEqual(["J.pay", "J.pay", "J.pay~2"]);
    const third = [json({}), status(402), json({})];
    const steps = [pay(), pay({ id: "next" })];
    const again = await keysOf(third, steps, [rerun, rerun]);
    expect(again).toEqual(["J.pay", "J.next", "J.pay~1", "J.next~1", "J.pay~2", "J.next~2"]);
  });

  it("is a new one each time that a finished step runs again, also one that ran under a key of its own", async () => {
    const steps = [pay(), pay({ id: "next" })];
    const answers = [status(402), json({}), status(402), json({}), json({})];
    const again = { from_step: "pay", input: null };
    const keys = await keysOf(answers, steps, [AS_BEFORE, again, again]);
    const [, , , ...since] = keys;
    expect(since).toEqual(["J.pay~2", "J.next~2", "J.pay~3", "J.next~3"]);
  });

  it("is a new one when a step runs again whose unknown outcome was followed by a finish", async () => {
    const steps = [pay(), pay({ id: "next" })];
    const keys = await keysOf([reset, json({}), status(402), json({})], steps, [
      AS_BEFORE,
      { from_step: "pay", input: null },
    ]);
    expect(keys).toEqual(["J.pay", "J.pay", "J.next", "J.pay~2", "J.next~2"]);
  });

  it("is a new one in the second retry of the same job, which nobody can mistake for the first", () =>
    inRegistry(async (bench) => {
      const { fetch, keys } = service(status(402));
      const { id } = await runSteps(bench, [pay()], { fetch });
      for (const request of [AS_BEFORE, AS_BEFORE]) {
        await runSteps(bench, [pay()], { fetch, existing: await retried(bench, id, request) });
      }
      expect(keys).toEqual([`${id}.pay`, `${id}.pay~1`, `${id}.pay~2`]);
    }));

  it("stays after a failure that the blueprint went on from, when its step runs again", async () => {
    const steps = [pay({ on_error: "continue" }), pay({ id: "next" })];
    const keys = await keysOf([reset, status(402), json({})], steps, [{ from_step: "pay", input: null }]);
    expect(keys).toEqual(["J.pay", "J.next", "J.pay", "J.next~1"]);
  });

  it("counts the polls on, over tries, attempts and retries", async () => {
    const polling = pay({ method: "GET", until: "{% $response.body.done %}", every: "1 second", limit: 3 });
    const answers = [json({}), json({}), reset, json({}), json({ done: true })];
    const keys = await keysOf(answers, [polling], [AS_BEFORE]);
    expect(keys).toEqual(["J.pay#1", "J.pay#2", "J.pay#3", "J.pay#3", "J.pay#4"]);
  });
});

describe("keys inside a map", () => {
  const each = { id: "all", type: "map", over: "{% $input.items %}", concurrency: 1, steps: [pay()] };

  it("are those of the items, so that another order swaps none", async () => {
    const items = [{ to: "a" }, { to: "b" }, { to: "a" }];
    const input = { items };
    const [first, second, ...more] = await keysOf(
      [json({}), reset, json({})],
      [each],
      [{ from_step: null, input: { items: items.toReversed() } }],
      input,
    );
    expect(first).toMatch(/^J\.all\[[\w-]{22}\]\.pay$/);
    expect(second).toMatch(/^J\.all\[[\w-]{22}\]\.pay$/);
    const [a, b] = [String(first), String(second)];
    // The first `a` had finished, `b` is unknown, the second `a` never ran.
    expect(more).toEqual([`${a}~1`, b, `${a.replace("]", "-2]")}~1`]);
  });

  it("leave finished rows alone: a retry goes on inside the map", async () => {
    const items = [1, 2, 3, 4];
    const keys = await keysOf([json({}), json({}), status(402), json({})], [each], [AS_BEFORE], { items });
    expect(keys).toHaveLength(5);
    expect(keys[3]).toBe(`${keys[2]}~1`);
    expect(new Set(keys).size).toBe(5);
  });

  it("are reused with the item's own output, wherever it stands now", () =>
    inRegistry(async (bench) => {
      const over = "{% $job.submitted_at < '2040-01-01T00:01:00.000Z' ? [1, 2, 3] : [3, 2, 1] %}";
      const echo = { ...pay({ url: "https://example.com/{% $item %}" }) };
      const steps = [
        { ...each, over, steps: [echo, { id: "said", type: "transform", value: "{% $steps.pay.body %}" }] },
      ];
      const answers = [json("one"), reset, json("two"), json("three")];
      const { fetch, keys } = service(...answers);
      const { id } = await runSteps(bench, steps, { fetch });
      bench.clock.now += 3_600_000;
      const again = await retried(bench, id);
      await runSteps(bench, steps, { fetch, existing: again });
      const ended = await bench.caller.status(CALLER, again, { steps: false, events: false });
      // The list came in another order: three is asked for first, then two, and one is known.
      expect(ended).toMatchObject({ ok: true, value: { result: { value: ["two", "three", "one"] } } });
      expect(keys).toHaveLength(4);
    }));
});

describe("a child that ran before", () => {
  const child = { name: "child", steps: [pay(), pay({ id: "next" })] };
  const parent = [{ id: "kid", type: "job", blueprint: child }];
  const failed = { code: "child_failed", message: "no" };
  const spawnRequest = { name: "child", blueprint: "inline", plan: planOf(child.steps), input: {} };

  /** What its parent, at its `job` step, starts. */
  async function kidOf(bench: Bench, parentId: string, more: Partial<typeof spawnRequest> = {}): Promise<string> {
    await bench.runner.start(bench.ref(parentId));
    await bench.runner.spawn(bench.ref(parentId), "kid", { ...spawnRequest, ...more }, []);
    await bench.settleBackground();
    return bench.engine.started.at(-1)?.job_id ?? "";
  }

  const submitParent = async (bench: Bench): Promise<string> =>
    (await bench.submit({ plan: planOf(parent), plan_hash: crypto.randomUUID() })).id;

  const fail = (bench: Bench, id: string) =>
    bench.runner.settle(bench.ref(id), { name: "failed", error: failed, path: "kid" }, []);

  const statusOf = async (bench: Bench, id: string) => {
    const reply = await bench.caller.status(CALLER, id, { steps: false, events: false });
    return reply.ok ? reply.value : undefined;
  };

  async function remove(bench: Bench, id: string): Promise<void> {
    expect(await bench.caller.remove(CALLER, id)).toMatchObject({ ok: true });
  }

  it("is retried with its parent, in a chain of its own: what it finished is not done again", () =>
    inRegistry(async (bench) => {
      const { fetch, keys } = service(json({}), reset, json({}));
      const id = await submitParent(bench);
      const kid = await kidOf(bench, id);
      await runSteps(bench, child.steps, { fetch, existing: kid });
      await fail(bench, id);
      const again = await retried(bench, id);
      const second = await kidOf(bench, again);
      expect(await statusOf(bench, second)).toMatchObject({ retried_from: kid, parent_id: again });
      await runSteps(bench, child.steps, { fetch, existing: second });
      expect(keys).toEqual([`${kid}.pay`, `${kid}.next`, `${kid}.next`]);
    }));

  it("is not run again when it had succeeded and its parent was cancelled before it took that up", () =>
    inRegistry(async (bench) => {
      const { fetch, keys } = service(json({ paid: true }));
      const id = await submitParent(bench);
      const kid = await kidOf(bench, id);
      await runSteps(bench, child.steps, { fetch, existing: kid });
      await bench.caller.cancel(CALLER, id, null);
      const again = await retried(bench, id);
      expect(await kidOf(bench, again)).toBe(again);
      expect(keys).toEqual([`${kid}.pay`, `${kid}.next`]);
    }));

  it.each<[string, Answer[], string[]]>([
    ["nothing is known of its last action", [json({}), reset, json({})], ["pay", "next", "pay", "next"]],
    ["its last action was refused", [json({}), status(402), json({})], ["pay", "next", "pay", "next~1"]],
    ["its first action was refused", [status(402), json({})], ["pay", "pay~1", "next"]],
  ])("keeps its keys also when it was deleted since, where %s", (_name, answers, sent) =>
    inRegistry(async (bench) => {
      const { fetch, keys } = service(...answers);
      const id = await submitParent(bench);
      const kid = await kidOf(bench, id);
      await runSteps(bench, child.steps, { fetch, existing: kid });
      await fail(bench, id);
      await remove(bench, kid);
      const second = await kidOf(bench, await retried(bench, id));
      expect(await statusOf(bench, second)).toMatchObject({ retried_from: kid });
      await runSteps(bench, child.steps, { fetch, existing: second });
      expect(keys).toEqual(sent.map((key) => `${kid}.${key}`));
    }),
  );

  it("keeps its keys when it, its retry and the first parent were deleted", () =>
    inRegistry(async (bench) => {
      const { fetch, keys } = service(reset);
      const id = await submitParent(bench);
      const kid = await kidOf(bench, id);
      await runSteps(bench, child.steps, { fetch, existing: kid });
      await fail(bench, id);
      const again = await retried(bench, id);
      const second = await kidOf(bench, again);
      await runSteps(bench, child.steps, { fetch, existing: second });
      await fail(bench, again);
      for (const gone of [kid, id, second]) await remove(bench, gone);
      const third = await kidOf(bench, await retried(bench, again));
      expect(await statusOf(bench, third)).toMatchObject({ retried_from: second });
      await runSteps(bench, child.steps, { fetch, existing: third });
      expect(keys).toEqual(Array(3).fill(`${kid}.pay`));
    }));

  it("is done once more under new keys when its step is asked for, or its input is another, deleted or not", () =>
    inRegistry(async (bench) => {
      for (const isDeleted of [false, true]) {
        const { fetch, keys } = service(json({}));
        const id = await submitParent(bench);
        const kid = await kidOf(bench, id);
        await runSteps(bench, child.steps, { fetch, existing: kid });
        await bench.runner.settle(bench.ref(id), { name: "succeeded", output_path: "kid" }, []);
        if (isDeleted) await remove(bench, kid);
        const again = await retried(bench, id, { from_step: "kid", input: null });
        const second = await kidOf(bench, again);
        await runSteps(bench, child.steps, { fetch, existing: second });
        expect(keys.slice(2)).toEqual([`${kid}.pay~1`, `${kid}.next~1`]);
      }
      const { fetch, keys } = service(json({}), status(402), json({}));
      const id = await submitParent(bench);
      const kid = await kidOf(bench, id);
      await runSteps(bench, child.steps, { fetch, existing: kid });
      await fail(bench, id);
      await remove(bench, kid);
      const second = await kidOf(bench, await retried(bench, id), { input: { other: 1 } });
      await runSteps(bench, child.steps, { fetch, existing: second });
      expect(keys.slice(2)).toEqual([`${kid}.pay~1`, `${kid}.next~1`]);
    }));

  it("leaves nothing behind when the last job goes that may retry it", () =>
    inRegistry(async (bench) => {
      const { fetch } = service(reset);
      const id = await submitParent(bench);
      const kid = await kidOf(bench, id);
      await runSteps(bench, child.steps, { fetch, existing: kid });
      await fail(bench, id);
      const again = await retried(bench, id);
      await bench.caller.cancel(CALLER, again, null);
      const rows = () =>
        ["gone_children", "actions", "chains"].map(
          (table) => bench.storage.sql.exec(`SELECT * FROM ${table}`).toArray().length,
        );
      await remove(bench, kid);
      await remove(bench, id);
      expect(rows()[0]).toBe(1);
      await remove(bench, again);
      expect(rows()).toEqual([0, 0, 0]);
    }));
});
