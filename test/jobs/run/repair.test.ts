import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextDue } from "../../../src/jobs/due.ts";
import { backoff, diagnose, type EngineState, triage } from "../../../src/jobs/run/repair.ts";
import { aJob, aRunningJob, HOUR, SECOND, T0 } from "../../support/jobs.ts";

const MINUTE = 60 * SECOND;

describe("triage", () => {
  const silent = aRunningJob({ expected_by: T0 + MINUTE });

  it.each(["succeeded", "failed", "cancelled"] as const)("%s: nothing, however late", (status) => {
    expect(triage(aRunningJob({ status, settled_at: T0 }), T0 + 400 * HOUR)).toEqual({ do: "nothing" });
  });

  it.each(["running", "input_required"] as const)("%s: nothing before the report is late, then ask", (status) => {
    const job = { ...silent, status };
    expect([T0 + MINUTE - 1, T0 + MINUTE].map((now) => triage(job, now).do)).toEqual(["nothing", "ask_engine"]);
  });

  it("queued and not handed over: hands it over when it is due", () => {
    const job = aJob({ expected_by: T0 + MINUTE });
    expect([T0 + MINUTE - 1, T0 + MINUTE].map((now) => triage(job, now).do)).toEqual(["nothing", "dispatch"]);
  });

  it("queued and handed over: asks when the first report is late", () => {
    const job = aJob({ dispatched_at: T0, expected_by: T0 + MINUTE });
    expect(triage(job, T0 + MINUTE)).toEqual({ do: "ask_engine" });
  });

  it("never started: has no deadline", () => {
    const job = aJob({ dispatched_at: T0, expected_by: T0 + 400 * HOUR });
    expect(triage(job, T0 + 300 * HOUR)).toEqual({ do: "nothing" });
  });

  it.each(["running", "input_required"] as const)("%s past its deadline: fails, also while reports come", (status) => {
    const job = { ...silent, status, expected_by: T0 + 2 * HOUR };
    expect(triage(job, T0 + HOUR - 1)).toEqual({ do: "nothing" });
    expect(triage(job, T0 + HOUR)).toEqual({
      do: "fail",
      error: { code: "job_timeout", message: expect.stringContaining("3600 s") },
    });
  });

  it("past its deadline with an attempt that is not handed over: fails", () => {
    const job = aRunningJob({ attempt: 2, dispatched_at: null, expected_by: T0 + 2 * HOUR });
    expect(triage(job, T0 + HOUR)).toMatchObject({ do: "fail", error: { code: "job_timeout" } });
  });

  it("finds nothing to do exactly until the job is due, so that the alarm never spins", () => {
    const time = fc.integer({ min: T0, max: T0 + 3 * HOUR });
    const handedOver = fc.constantFrom(null, T0);
    fc.assert(
      fc.property(fc.constantFrom(aJob(), aRunningJob()), time, handedOver, time, (job, expected_by, at, now) => {
        const looked = { ...job, expected_by, dispatched_at: at };
        expect(triage(looked, now).do === "nothing").toBe(now < nextDue(looked));
      }),
    );
  });
});

describe("diagnose", () => {
  const STATES: readonly EngineState["state"][] = [
    "queued",
    "running",
    "waiting",
    "paused",
    "unknown_instance",
    "unreachable",
    "ended",
  ];
  const engine = (state: EngineState["state"]): EngineState =>
    state === "ended" ? { state, detail: "errored" } : { state };

  /** By state: what to do after 0, 1, ... 6 nudges on the first attempt. `again` is the next attempt. */
  const nudgedFiveTimes = ["nudge", "nudge", "nudge", "nudge", "nudge"];
  const TABLE: Record<EngineState["state"], string[]> = {
    queued: Array(7).fill("nudge"),
    waiting: Array(7).fill("nudge"),
    running: [...nudgedFiveTimes, "next_attempt", "next_attempt"],
    paused: Array(7).fill("wait"),
    unreachable: Array(7).fill("wait"),
    unknown_instance: Array(7).fill("next_attempt"),
    ended: Array(7).fill("next_attempt"),
  };

  it.each(STATES)("%s: does what the table says for every count of nudges", (state) => {
    const done = [0, 1, 2, 3, 4, 5, 6].map((nudges) => diagnose(aRunningJob({ nudges }), engine(state)).do);
    expect(done).toEqual(TABLE[state]);
  });

  it.each(STATES)("%s on the last attempt: fails where another attempt would have followed", (state) => {
    for (const [attempt, lost] of [
      [2, "next_attempt"],
      [3, "fail"],
    ] as const) {
      const done = [0, 1, 2, 3, 4, 5, 6].map((nudges) => diagnose(aRunningJob({ nudges, attempt }), engine(state)).do);
      expect(done).toEqual(TABLE[state].map((repair) => (repair === "next_attempt" ? lost : repair)));
    }
  });

  it("lost for good: says so with a code, the reason and the next call", () => {
    expect(diagnose(aRunningJob({ attempt: 3 }), engine("ended"))).toEqual({
      do: "fail",
      error: {
        code: "engine_lost",
        message: expect.stringMatching(/3 times: .*\(errored\)\. .*jobs_submit_blueprint/),
      },
    });
  });

  it.each(["queued", "running", "waiting", "paused", "unreachable"] as const)("%s: backs off", (state) => {
    const repairs = [0, 3].map((nudges) => diagnose(aRunningJob({ nudges }), engine(state)));
    expect(repairs).toMatchObject([{ againInMs: 10 * SECOND }, { againInMs: 80 * SECOND }]);
  });

  it("doubles its pause with every nudge, up to 320 seconds", () => {
    expect([0, 1, 2, 3, 4, 5, 6, 100].map((nudges) => backoff(nudges) / SECOND)).toEqual([
      10, 20, 40, 80, 160, 320, 320, 320,
    ]);
  });
});
