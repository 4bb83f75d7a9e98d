import fc from "fast-check";
import { expect } from "vitest";
import type { Json } from "../../../../src/lib/json.ts";
import type {
  Awaited,
  Finished,
  Halted,
  Later,
  NoPlace,
  RunOutcome,
  RunPlan,
  RunRef,
  Stop,
  Unkept,
} from "../../../../src/registry/api/caller.ts";
import { aListQuery, CALLER } from "../../bench.ts";
import type { Api } from "../world.ts";
import { isOver, MAX_ACTIVE, MAX_DEPTH, MODEL_PLAN, type ModelJob, type StepId } from "./model.ts";
import type { Fault, Rig } from "./rig.ts";
import { type AnyStep, anyPick, named } from "./steps.ts";

const HOUR = 3_600_000;
const STOP = { do: "stop" };

/** Most reports come from the attempt that the job is in, some late, from one that was given up. */
export const anyReport = <T extends object>(fields: { [Name in keyof T]: fc.Arbitrary<T[Name]> }) => {
  const who = fc.record({ pick: anyPick(), late: fc.nat(9).map((n) => n === 0) });
  return fc.tuple(who, fc.record(fields)).map(([reporter, given]) => ({ ...reporter, ...given }));
};

/** A job whose runner reports. */
interface Reporting {
  id: string;
  ref: RunRef;
  /** As the model has it; undefined: the report must change nothing. */
  job: ModelJob | undefined;
  /** False: no runner is there that could report. */
  isThere: boolean;
}

export function reporting(rig: Rig, { pick, late }: { pick: number; late: boolean }): Reporting {
  const { id, job } = rig.pick(pick);
  const attempt = (job?.attempt ?? 1) - (late ? 1 : 0);
  const mayReport = job !== undefined && !isOver(job) && !late;
  const ref = rig.ref(id, attempt);
  return { id, ref, job: mayReport ? job : undefined, isThere: !mayReport || job.runs === attempt };
}

/** A report that is fenced, or changes the model as told. */
export async function report<T>(
  rig: Rig,
  fault: Fault | null,
  { ref, job, id, isThere }: Reporting,
  [name, act]: [string, (api: Api, ref: RunRef) => Promise<T | Stop>],
  then: (job: ModelJob, reply: T | Stop, again: boolean) => Promise<void> | void,
): Promise<void> {
  if (!isThere) return;
  const { reply, again } = await rig.ask(name, fault, (api) => act(api, ref));
  if (job === undefined) expect(reply).toEqual(STOP);
  else await then(job, reply, again);
  await rig.compareJob(id);
}

const start: AnyStep = named("start", anyReport({}), (given) => (rig, fault) => {
  const { ref, ...who } = reporting(rig, given);
  const isThere = who.job === undefined || rig.world.workflow.instances.has(`${who.id}-${ref.attempt}`);
  const call: [string, (api: Api, ref: RunRef) => Promise<RunPlan | Stop>] = [
    "start",
    (api, of) => api.runner.start(of),
  ];
  return report(rig, fault, { ...who, ref, isThere }, call, (job, reply) => {
    expect(reply).toMatchObject({ do: "run" });
    job.runs = job.attempt;
    if (job.status !== "queued") return;
    job.status = "running";
    job.startedAt = rig.now;
  });
});

const anyAct = fc.constantFrom("first" as const, "second" as const);

/** Turns of one lie so far apart that they are stored, those of the other are in memory alone. */
const RATES = [
  { key: "slow.example.com", limit: 1, per_ms: 5_000 },
  { key: "fast.example.com", limit: 1, per_ms: 1_800 },
];

const begin: AnyStep = named(
  "begin",
  anyReport({ path: anyAct, token: fc.nat(5), rate: fc.constantFrom(undefined, ...RATES) }),
  ({ path, token, rate, ...given }) => {
    return (rig, fault) =>
      report(
        rig,
        fault,
        reporting(rig, given),
        ["begin", (api, ref) => api.runner.begin(ref, path, `t${token}`, 30_000, [], path, undefined, rate)],
        (job, reply, again) => {
          const stored = job.outputs.get(path);
          if (stored !== undefined) expect(reply).toEqual({ do: "reuse", output: stored });
          else expect(reply.do).toBeOneOf(rate ? ["run", "fail", "later"] : ["run", "fail"]);
          // Asked again, it may have begun before.
          if (rate === undefined || again || reply.do !== "run") return;
          rig.model.turns.begins(rate, `${job.id} ${job.attempt} ${path} ${reply.try}`, rig.now + (reply.turn_ms ?? 0));
          expect(rig.model.turns.crowd(rate)).toEqual([]);
        },
      );
  },
);

/** The end of an action that rides along with the report of a wait, or nothing. */
const anyEnd = fc.option(fc.record({ path: anyAct, output: fc.nat(3) }), { nil: undefined });
type End = { path: "first" | "second"; output: number } | undefined;

const finishedOf = (end: End): Finished | undefined =>
  end && { path: end.path, output: { output: end.output }, error: null };

function endAct(job: ModelJob, end: End): void {
  if (end === undefined) return;
  if (!job.outputs.has(end.path)) job.outputs.set(end.path, { output: end.output });
  job.ended.add(end.path);
}

const finish: AnyStep = named(
  "finish",
  anyReport({ path: anyAct, output: fc.nat(3) }),
  ({ path, output, ...given }) => {
    return (rig, fault) =>
      report(
        rig,
        fault,
        reporting(rig, given),
        ["finish", (api, ref) => api.runner.finish(ref, path, { output }, null)],
        (job, reply) => {
          expect(reply).toEqual({ do: "go" });
          endAct(job, { path, output });
        },
      );
  },
);

const anyRest = anyReport({ forMs: fc.integer({ min: 1, max: HOUR }), end: anyEnd });
const rest: AnyStep = named("rest", anyRest, ({ forMs, end, ...given }) => {
  return (rig, fault) =>
    report(
      rig,
      fault,
      reporting(rig, given),
      ["rest", (api, ref) => api.runner.rest(ref, "nap", rig.now + forMs, [], "nap", finishedOf(end))],
      (job, reply) => {
        endAct(job, end);
        if (!job.ended.has("nap")) job.wakeAt ??= rig.now + forMs;
        expect(reply).toEqual({ do: "rest", wake_at: job.ended.has("nap") ? job.restedAt : job.wakeAt });
      },
    );
});

const wake: AnyStep = named("wake", anyReport({}), (given) => (rig, fault) => {
  const marks = [{ path: "nap", status: "succeeded" as const }];
  const call = ["mark", (api: Api, ref: RunRef) => api.runner.mark(ref, marks)] as const;
  return report(rig, fault, reporting(rig, given), [...call], (job) => {
    if (!job.ended.has("nap")) job.restedAt = job.wakeAt ?? rig.now;
    job.ended.add("nap");
  });
});

/** What a step that waits must be told. @param failed codes of which it fails with one */
export function awaited(
  rig: Rig,
  job: ModelJob,
  step: StepId,
  until: number,
  failed: readonly string[] | null = null,
): object {
  const output = job.outputs.get(step);
  if (output !== undefined) {
    job.ended.add(step);
    return { do: "done", output };
  }
  if (failed !== null) return { do: "fail", error: { code: expect.toBeOneOf([...failed]) } };
  return { do: "wait", timeout_ms: Math.max(until - rig.now, 0) };
}

function questioned(rig: Rig, job: ModelJob): object {
  const { question } = job;
  const until = question?.is === "open" ? question.expiresAt : rig.now;
  return awaited(rig, job, "ask", until, question?.is === "closed" ? ["input_expired"] : null);
}

const ask: AnyStep = named(
  "ask",
  anyReport({ timeout_ms: fc.constantFrom(60_000, 48 * HOUR), fallback: fc.boolean(), end: anyEnd }),
  ({ timeout_ms, fallback, end, ...given }) =>
    (rig, fault) => {
      const schema = { type: "object" };
      const content = fallback ? { fallback: true } : null;
      const request = { request_id: "q", message: "?", schema, timeout_ms, fallback: content };
      const who = reporting(rig, given);
      const call: [string, (api: Api, ref: RunRef) => Promise<Awaited | NoPlace | Halted | Unkept | Stop>] = [
        "ask",
        (api, ref) => api.runner.ask(ref, "ask", request, [], "ask", finishedOf(end)),
      ];
      return report(rig, fault, who, call, (job, reply) => {
        endAct(job, end);
        if (job.question === null && !job.outputs.has("ask")) {
          job.question = { is: "open", expiresAt: rig.now + timeout_ms, fallback };
          job.status = "input_required";
        }
        expect(reply).toMatchObject(questioned(rig, job));
      });
    },
);

/** The child that the object made beside the jobs that the model knows. */
async function adopt(rig: Rig, parent: ModelJob): Promise<void> {
  const { jobs } = await rig.world.api.caller.list(CALLER, aListQuery());
  const fresh = jobs.filter((job) => !rig.model.jobs.has(job.id));
  expect(fresh).toMatchObject([{ parent_id: parent.id, status: "queued" }]);
  const id = fresh[0]?.id ?? "";
  parent.childId = id;
  const { timeoutMs, priority } = parent;
  rig.model.add({ id, blueprint: "inline", timeoutMs, priority, submittedAt: rig.now, parentId: parent.id });
}

const spawn: AnyStep = named("spawn", anyReport({ end: anyEnd }), ({ end, ...given }) => (rig, fault) => {
  const request = { name: "child", blueprint: "inline", plan: MODEL_PLAN, input: {} };
  const isFull = rig.model.active.length >= MAX_ACTIVE;
  const who = reporting(rig, given);
  const isTooDeep = who.job !== undefined && rig.model.depth(who.job) >= MAX_DEPTH;
  const call: [string, (api: Api, ref: RunRef) => Promise<Awaited | Halted | Later | Unkept | Stop>] = [
    "spawn",
    (api, ref) => api.runner.spawn(ref, "child", request, [], "child", finishedOf(end)),
  ];
  return report(rig, fault, who, call, async (job, reply) => {
    endAct(job, end);
    const isKnown = job.childId !== null || job.outputs.has("child");
    if (!isKnown && (isTooDeep || isFull)) {
      expect(reply).toMatchObject({ do: "fail", error: { code: isTooDeep ? "job_depth" : "too_many_active" } });
      return;
    }
    if (!isKnown) await adopt(rig, job);
    expect(reply).toMatchObject(awaited(rig, job, "child", rig.now + 30 * 24 * HOUR, job.childError));
  });
});

/** What the model says of the step that collects. */
function collected(rig: Rig, job: ModelJob, path: "ask" | "work" | "child"): object {
  rig.model.expire(job, rig.now);
  switch (path) {
    case "ask":
      return questioned(rig, job);
    case "work":
      return awaited(rig, job, path, job.offer?.deadline ?? rig.now, job.offer?.failure);
    case "child":
      return awaited(rig, job, path, rig.now + 30 * 24 * HOUR, job.childError);
    default:
      return path satisfies never;
  }
}

const collect: AnyStep = named(
  "collect",
  anyReport({ path: fc.constantFrom("ask" as const, "work" as const, "child" as const) }),
  (given) => {
    return (rig, fault) => {
      const { path } = given;
      const who = reporting(rig, given);
      const waits = { ask: who.job?.question, work: who.job?.offer, child: who.job?.childId };
      if (who.job !== undefined && (waits[path] ?? null) === null && !who.job.outputs.has(path)) {
        return Promise.resolve();
      }
      const call: [string, (api: Api, ref: RunRef) => Promise<Awaited | Stop>] = [
        "collect",
        (api, ref) => {
          rig.model.lapse(rig.now);
          return api.runner.collect(ref, path);
        },
      ];
      return report(rig, fault, who, call, (job, reply) => {
        expect(reply).toMatchObject(collected(rig, job, path));
      });
    };
  },
);

const settle: AnyStep = named(
  "settle",
  anyReport({ outcome: fc.constantFrom("succeeded" as const, "failed" as const), output: fc.nat(3) }),
  ({ outcome, output, ...given }) =>
    async (rig, fault) => {
      const { id, job, ref, isThere } = reporting(rig, given);
      if (!isThere) return;
      const result: Json = { output };
      const error = { code: "http_status", message: "500" };
      const ending: RunOutcome =
        outcome === "succeeded" ? { name: outcome, output: result } : { name: outcome, error, path: null };
      await rig.ask("settle", fault, (api) => api.runner.settle(ref, ending, []));
      if (job !== undefined) {
        const more = outcome === "succeeded" ? { result } : { errorCode: error.code };
        rig.model.settle(job, outcome, rig.now, more);
      }
      await rig.compareJob(id);
    },
);

export const RUNNER_STEPS = { start, begin, finish, rest, wake, ask, spawn, collect, settle } satisfies Record<
  string,
  AnyStep
>;
