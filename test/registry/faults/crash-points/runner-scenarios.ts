import { expect } from "vitest";
import { WAKE_EVENT, wakeEvent } from "../../../../src/jobs/job.ts";
import type { JsonObject } from "../../../../src/lib/json.ts";
import { MAX_INTERRUPTED_TRIES } from "../../../../src/limits.ts";
import { aListQuery, CALLER, eventTypes, planOf } from "../../bench.ts";
import { PLAN, type Stage } from "./stage.ts";

const ANSWER = { type: "object", properties: {} };

export type Scenario = (stage: Stage) => Promise<void>;

/** The step `first` asks; nobody has a day to answer. */
export async function askQuestion(
  stage: Stage,
  id: string,
  fallback: JsonObject | null,
  timeout_ms = 60_000,
): Promise<void> {
  const request = { request_id: "q", message: "?", schema: { type: "object" }, timeout_ms, fallback };
  const asked = await stage.ask("ask", (api) => api.runner.ask(stage.ref(id), "first", request, []));
  expect(asked.do).toBe("wait");
}

/** The step `first` starts a child. @returns its id */
export async function spawnChild(stage: Stage, id: string): Promise<string> {
  const request = { name: "child", blueprint: "inline", plan: PLAN, input: {} };
  await stage.ask("spawn", (api) => api.runner.spawn(stage.ref(id), "first", request, []));
  const { jobs } = await stage.world.api.caller.list(CALLER, aListQuery());
  const children = jobs.filter((job) => job.parent_id === id);
  expect(children).toHaveLength(1);
  return children[0]?.id ?? "";
}

const HTTP_ERROR = { code: "http_status", message: "The answer was 500." };

/** What the runner reports, each in a life of its own. */
export const RUNNER_SCENARIOS: Record<string, Scenario> = {
  "report a step": async (stage) => {
    const id = await stage.running();
    const key = `${id}.first`;
    await stage.danger(async () => {
      await stage.begin(id, "first", "t1");
      await stage.ask("retrying", (api) => api.runner.retrying(stage.ref(id), "first", HTTP_ERROR, 0, 30_000));
      const failed = { try: 2, failures: 1, key, polls: 0, rounds: 0 };
      expect(await stage.begin(id, "first", "t2")).toEqual({ do: "run", ...failed });
      await stage.ask("polled", (api) => api.runner.polled(stage.ref(id), "first", 0, 30_000));
      const asked = { try: 3, failures: 0, key, polls: 1, rounds: 1 };
      expect(await stage.begin(id, "first", "t3")).toEqual({ do: "run", ...asked });
      await stage.finish(id, "first");
    });
    expect(await stage.begin(id, "first", "t4")).toEqual({ do: "reuse", output: { from: "first" } });
    expect((await stage.status(id)).steps?.[0]).toMatchObject({ status: "succeeded", tries: 3 });
  },

  "settle with something to undo, and take it back": async (stage) => {
    const plan = planOf([
      { id: "first", type: "http", url: "https://example.com/1", undo: { type: "http", url: "https://example.com/2" } },
    ]);
    const id = await stage.running({ plan, plan_hash: "undo", blueprint: "inline" });
    await stage.begin(id, "first", "t1");
    await stage.finish(id, "first");
    await stage.danger(() => stage.fail(id));
    const cleanup = (await stage.status(id)).cleanup_job_id ?? "";
    expect(await stage.status(cleanup)).toMatchObject({ parent_id: id });
    await stage.start(cleanup);
    await stage.danger(async () => {
      await stage.begin(cleanup, "first.undo", "t2");
      await stage.finish(cleanup, "first.undo");
      await stage.ask("undone", (api) => api.runner.undone(stage.ref(cleanup), "first", "first"));
      await stage.succeed(cleanup);
    });
    expect((await stage.status(cleanup)).status).toBe("succeeded");
    const again = await stage.ask("retry", (api) => api.caller.retry(CALLER, id, { from_step: null, input: null }));
    if (!again.ok) throw new Error(again.error.code);
    await stage.start(again.value.id);
    expect(await stage.begin(again.value.id, "first", "t3")).toMatchObject({ do: "run", key: `${id}.first~1` });
  },

  "take back what a branch did that was not first, beside its job": async (stage) => {
    const to = (n: number) => ({ type: "http", url: `https://example.com/${n}` });
    const branches = { a: [{ id: "one", ...to(1), undo: to(2) }], b: [{ id: "two", ...to(3) }] };
    const plan = planOf([
      { id: "race", type: "parallel", first: true, branches },
      { id: "last", ...to(4), undo: to(5) },
    ]);
    const id = await stage.running({ plan, plan_hash: "race", blueprint: "inline" });
    for (const path of ["race.a.one", "race.b.two"]) {
      await stage.begin(id, path, path);
      await stage.finish(id, path);
    }
    await stage.danger(async () => {
      await stage.ask("halt", (api) => api.runner.halt(stage.ref(id), "race", "won", [1], []));
      await stage.begin(id, "last", "t3");
      await stage.finish(id, "last");
      await stage.fail(id);
    });
    const last = (await stage.status(id)).cleanup_job_id ?? "";
    const { jobs } = await stage.world.api.caller.list(CALLER, aListQuery());
    const ofRace = jobs.find((job) => job.parent_id === id && job.id !== last)?.id ?? "";
    await stage.start(ofRace);
    await stage.danger(async () => {
      await stage.begin(ofRace, "race.a.one.undo", "t4");
      await stage.finish(ofRace, "race.a.one.undo");
      await stage.ask("undone", (api) => api.runner.undone(stage.ref(ofRace), "race.a.one", "race.a.one"));
      await stage.succeed(ofRace);
    });
    await stage.start(last);
    await stage.danger(() => stage.succeed(last));
    expect((await stage.status(ofRace)).status).toBe("succeeded");
    expect((await stage.status(last)).status).toBe("succeeded");
  },

  "die again and again": async (stage) => {
    const id = await stage.running();
    for (let i = 0; i < MAX_INTERRUPTED_TRIES; i++) await stage.start(id);
    await stage.danger(async () => {
      expect(await stage.ask("start", (api) => api.runner.start(stage.ref(id)))).toEqual({ do: "stop" });
    });
    expect(await stage.status(id)).toMatchObject({ status: "failed", error_code: "job_interrupted" });
  },

  "report a rest and marks": async (stage) => {
    const id = await stage.running();
    const wakeAt = stage.world.clock.now + 60_000;
    await stage.danger(async () => {
      const resting = await stage.ask("rest", (api) => api.runner.rest(stage.ref(id), "first", wakeAt, []));
      expect(resting).toEqual({ do: "rest", wake_at: wakeAt });
      stage.world.clock.now = wakeAt;
      const marks = [
        { path: "first", status: "succeeded" as const },
        { path: "second", status: "skipped" as const },
      ];
      await stage.ask("mark", (api) => api.runner.mark(stage.ref(id), marks));
    });
    expect((await stage.status(id)).steps).toMatchObject([{ status: "succeeded" }, { status: "skipped" }]);
    const again = await stage.ask("rest", (api) => api.runner.rest(stage.ref(id), "first", wakeAt + 60_000, []));
    expect(again).toEqual({ do: "rest", wake_at: wakeAt });
  },

  "halt rows": async (stage) => {
    const id = await stage.running();
    await stage.begin(id, "both.left.first", "t1");
    const request = { name: "child", blueprint: "inline", plan: PLAN, input: {} };
    await stage.ask("spawn", (api) => api.runner.spawn(stage.ref(id), "both.right.kid", request, []));
    const halt = (finished: number[]) =>
      stage.ask("halt", (api) => api.runner.halt(stage.ref(id), "both", HTTP_ERROR, finished, []));
    await stage.danger(async () => {
      expect(await halt([0])).toEqual({ do: "kept", error: HTTP_ERROR, finished: [0] });
    });
    expect(await halt([0, 1])).toEqual({ do: "kept", error: HTTP_ERROR, finished: [0] });
    expect(await stage.begin(id, "both.left.second", "t2")).toEqual({ do: "halted" });
    const { jobs } = await stage.world.api.caller.list(CALLER, aListQuery());
    expect(jobs.find((job) => job.parent_id === id)?.status).toBe("cancelled");
    await stage.succeed(id);
    expect((await stage.status(id)).status).toBe("succeeded");
  },

  "let a row fail beside others": async (stage) => {
    const id = await stage.running();
    await stage.begin(id, "both.left.first", "t1");
    const request = { name: "child", blueprint: "inline", plan: PLAN, input: {} };
    await stage.ask("spawn", (api) => api.runner.spawn(stage.ref(id), "both.left.kid", request, []));
    await stage.begin(id, "both.right.first", "t2");
    const failure = { path: "both.left.first", error: HTTP_ERROR };
    await stage.danger(async () => {
      const told = await stage.ask("rowFailed", (api) => api.runner.rowFailed(stage.ref(id), "both.left", failure, []));
      expect(told).toEqual({ do: "go" });
    });
    const { jobs } = await stage.world.api.caller.list(CALLER, aListQuery());
    expect(jobs.find((job) => job.parent_id === id)?.status).toBe("cancelled");
    const takeOver = (token: string) =>
      stage.ask("start", (api) => api.runner.start(stage.ref(id), { process: token, token }));
    await takeOver("once");
    expect(await takeOver("again")).toMatchObject({ do: "run", run: 2, failed: { "both.left": failure } });
    const ref = { ...stage.ref(id), run: 2 };
    const late = await stage.ask("begin", (api) => api.runner.begin(ref, "both.left.second", "t3", 30_000, []));
    expect(late).toEqual({ do: "halted" });
  },

  "bound rows": async (stage) => {
    const id = await stage.running();
    const within = (until: number) =>
      stage.ask("within", (api) => api.runner.within(stage.ref(id), "first", until, []));
    await stage.danger(async () => {
      expect(await within(1_000)).toEqual({ do: "within", until: 1_000 });
    });
    expect(await within(2_000)).toEqual({ do: "within", until: 1_000 });
    await stage.succeed(id);
    expect((await stage.status(id)).status).toBe("succeeded");
  },

  "end rounds": async (stage) => {
    const id = await stage.running();
    const end = (round: number, over = false) =>
      stage.ask("roundEnded", (api) =>
        api.runner.roundEnded(stage.ref(id), "first", { round, over, state: { round } }, []),
      );
    await stage.danger(async () => {
      const began = await stage.ask("repeating", (api) => api.runner.repeating(stage.ref(id), "first", []));
      expect(began).toEqual({ do: "go", round: 0, over: false, since: 0 });
      for (const round of [1, 2]) {
        await stage.begin(id, `first#${round}.page`, `t${round}`);
        await stage.ask("finish", (api) => api.runner.finish(stage.ref(id), `first#${round}.page`, {}, null));
        expect(await end(round)).toEqual({ do: "go" });
      }
    });
    // A report that comes late takes nothing back.
    expect(await end(1, true)).toEqual({ do: "go" });
    const place = await stage.ask("repeating", (api) => api.runner.repeating(stage.ref(id), "first", []));
    expect(place).toEqual({ do: "go", round: 2, over: false, since: 0, state: { round: 2 } });
    const held =
      "SELECT key AS path FROM jobs, json_each(outputs_json) WHERE job_id = ? AND key NOT LIKE '@%' UNION SELECT path FROM job_values";
    expect(stage.world.storage.sql.exec(`${held} WHERE path > '$z'`, id).toArray()).toEqual([
      { path: "first.$rounds" },
    ]);
    await stage.succeed(id);
    expect((await stage.status(id)).status).toBe("succeeded");
  },

  "settle as succeeded": async (stage) => {
    const id = await stage.running();
    await stage.danger(() => stage.succeed(id));
    expect(await stage.status(id)).toMatchObject({ status: "succeeded", progress: 1, result: { ok: true } });
    await stage.fail(id);
    expect((await stage.status(id)).status).toBe("succeeded");
  },

  "settle as failed": async (stage) => {
    const id = await stage.running();
    await stage.begin(id, "second", "t1");
    await stage.danger(() => stage.fail(id));
    expect(await stage.status(id)).toMatchObject({ status: "failed", error_code: "http_status" });
    await stage.succeed(id);
    expect(await stage.status(id)).toMatchObject({ status: "failed", result: null });
  },

  "start a child": async (stage) => {
    const id = await stage.running();
    let child = "";
    await stage.danger(async () => {
      child = await spawnChild(stage, id);
    });
    await stage.start(child);
    expect((await stage.status(child)).parent_id).toBe(id);
  },

  "a child's end reaches its parent": async (stage) => {
    const id = await stage.running();
    const child = await spawnChild(stage, id);
    await stage.start(child);
    await stage.danger(() => stage.succeed(child));
    await stage.ringUntil(() => stage.world.workflow.told(`${id}-1`, wakeEvent("first")));
    const collected = await stage.ask("collect", (api) => api.runner.collect(stage.ref(id), "first"));
    expect(collected).toEqual({ at: expect.any(Number), do: "done", output: { ok: true } });
  },

  "take an attempt over, and wake it with one event for all": async (stage) => {
    const id = await stage.running();
    const taker = { process: "p", token: "t" };
    await stage.danger(async () => {
      const taken = await stage.ask("start", (api) => api.runner.start(stage.ref(id), taker));
      expect(taken).toMatchObject({ do: "run", run: 1 });
    });
    const ref = { ...stage.ref(id), run: 1 };
    const asked = { request_id: "q", message: "Go?", schema: ANSWER, timeout_ms: 60_000, fallback: null };
    await stage.ask("ask", (api) => api.runner.ask(ref, "asks", asked, []));
    const answer = { request_id: "q", action: "accept" as const, content: {} };
    await stage.danger(() => stage.ask("respond", (api) => api.caller.respond(CALLER, id, answer)));
    await stage.ringUntil(() => stage.world.workflow.told(`${id}-1`, WAKE_EVENT));
    await stage.danger(async () => {
      const awake = await stage.ask("awake", (api) => api.runner.awake(ref));
      expect(awake).toEqual({ do: "awake", waiting: ["first"] });
    });
    expect(await stage.ask("stale", (api) => api.runner.begin(stage.ref(id), "second", "t", 1_000, []))).toEqual({
      do: "stop",
    });
    await stage.ask("begin", (api) => api.runner.begin(ref, "second", "t", 30_000, []));
    await stage.ask("retrying", (api) => api.runner.retrying(ref, "second", HTTP_ERROR, 5_000, 30_000));
    await stage.ask("start", (api) => api.runner.start(stage.ref(id), { process: "q", token: "t2" }));
    const next = { ...ref, run: 2 };
    expect(await stage.ask("begin", (api) => api.runner.begin(next, "second", "t3", 30_000, []))).toEqual({
      do: "later",
      after_ms: 5_000,
    });
  },

  "begin with the start, and end with the reports that follow": async (stage) => {
    const id = await stage.running();
    const ref = { ...stage.ref(id), run: 1 };
    const ended = (path: string) => ({ path, output: { from: path }, error: null });
    await stage.danger(async () => {
      const run = await stage.ask("start", (api) => api.runner.start(stage.ref(id), { process: "p", token: "t" }));
      expect(run).toMatchObject({ opening: { path: "first", begun: { do: "run", try: 1, failures: 0 } } });
      const begun = await stage.ask("begin", (api) =>
        api.runner.begin(ref, "second", "t2", 30_000, [], "second", ended("first")),
      );
      expect(begun).toMatchObject({ do: "run", try: 1, failures: 0 });
      const page = await stage.ask("journal", (api) => api.runner.journal(ref, "first"));
      expect(page).toEqual({ do: "journal", outputs: [["first", { from: "first" }]], next: null });
      const result = { name: "succeeded" as const, output_path: "second" };
      await stage.ask("settle", (api) => api.runner.settle(ref, result, [], ended("second")));
    });
    expect(await stage.status(id)).toMatchObject({
      status: "succeeded",
      result: { from: "second" },
      steps: [
        { status: "succeeded", tries: 1 },
        { status: "succeeded", tries: 1 },
      ],
    });
    const types = eventTypes(await stage.status(id));
    expect(await stage.ask("journal", (api) => api.runner.journal(ref, "first"))).toEqual({ do: "stop" });
    expect(types.filter((type) => ["step_started", "step_succeeded", "step_retrying"].includes(type))).toEqual([
      ...["step_started", "step_succeeded", "step_started", "step_succeeded"],
    ]);
  },

  "ask, be answered and collect": async (stage) => {
    const id = await stage.running();
    await stage.danger(async () => {
      await askQuestion(stage, id, null);
      const answer = { request_id: "q", action: "decline" as const, content: null };
      await stage.ask("respond", (api) => api.caller.respond(CALLER, id, answer));
      const collected = await stage.ask("collect", (api) => api.runner.collect(stage.ref(id), "first"));
      expect(collected).toEqual({ at: expect.any(Number), do: "done", output: { action: "decline", content: null } });
    });
    const types = eventTypes(await stage.status(id));
    expect(types.filter((type) => ["input_requested", "answered", "step_succeeded"].includes(type))).toHaveLength(3);
  },
};
