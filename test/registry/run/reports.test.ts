import { describe, expect, it } from "vitest";
import { MAX_INTERRUPTED_TRIES, MAX_OUTPUT_BYTES } from "../../../src/limits.ts";
import { type Bench, CALLER, eventTypes, inRegistry, RETENTION_MS, START, statusOf } from "../bench.ts";

const STOP = { do: "stop" };
const ERROR = { code: "http_status", message: "HTTP 500", status: 500 };

/** A job whose first step is running. */
async function running(bench: Bench) {
  const { id } = await bench.submit({ input: { n: 1 } });
  const ref = bench.ref(id);
  await bench.runner.start(ref);
  await bench.runner.begin(ref, "first", crypto.randomUUID(), 30_000, []);
  return { id, ref };
}

describe("start", () => {
  it("gives the runner its plan and input and makes the job running", () =>
    inRegistry(async ({ submit, runner, caller, ref, clock }) => {
      const { id } = await submit({ input: { n: 1 } });
      clock.now += 1_000;
      const run = await runner.start(ref(id));
      expect(run).toMatchObject({ do: "run", input: { n: 1 }, submitted_at: START, started_at: START + 1_000 });
      expect(await statusOf({ caller }, id)).toMatchObject({
        status: "running",
        started_at: "2040-01-01T00:00:01.000Z",
      });
    }));

  it("answers the same at a resume, and writes nothing while a try is open", () =>
    inRegistry(async ({ submit, runner, ref, clock, storage }) => {
      const { id } = await submit();
      const first = await runner.start(ref(id));
      await runner.begin(ref(id), "first", "a try", 30_000, []);
      clock.now += 5_000;
      const before = storage.sql.exec("SELECT * FROM jobs").one();
      expect(await runner.start(ref(id))).toEqual(first);
      expect(storage.sql.exec("SELECT * FROM jobs").one()).toEqual(before);
    }));
});

describe("begin and finish", () => {
  it("run -> finished: stores the output, which later begins reuse", () =>
    inRegistry(async (bench) => {
      const { id, ref } = await running(bench);
      await bench.runner.finish(ref, "first", { status: 200 }, null);
      expect(await bench.runner.begin(ref, "first", crypto.randomUUID(), 30_000, [])).toEqual({
        do: "reuse",
        output: { status: 200 },
      });
      const status = await statusOf(bench, id);
      expect(status).toMatchObject({ progress: 0.5, step: "first" });
      expect(status.steps).toMatchObject([
        { id: "first", type: "http", status: "succeeded", tries: 1 },
        { id: "second", type: "http", status: "pending", tries: 0 },
      ]);
    }));

  it("keeps the first output when a finish is repeated", () =>
    inRegistry(async (bench) => {
      const { id, ref } = await running(bench);
      await bench.runner.finish(ref, "first", 1, null);
      await bench.runner.finish(ref, "first", 2, null);
      expect(await bench.runner.begin(ref, "first", crypto.randomUUID(), 1, [])).toEqual({ do: "reuse", output: 1 });
      expect(eventTypes(await statusOf(bench, id)).filter((type) => type === "step_succeeded")).toHaveLength(1);
    }));

  it("counts failed tries apart from those that died with their process", () =>
    inRegistry(async (bench) => {
      const { id, ref } = await running(bench);
      await bench.runner.retrying(ref, "first", ERROR, 2_000, 30_000);
      expect(await bench.runner.begin(ref, "first", crypto.randomUUID(), 30_000, [])).toEqual({
        do: "run",
        try: 2,
        failures: 1,
        key: `${id}.first`,
        polls: 0,
        rounds: 0,
      });
      expect(await bench.runner.begin(ref, "first", crypto.randomUUID(), 30_000, [])).toEqual({
        do: "run",
        try: 3,
        failures: 1,
        key: `${id}.first`,
        polls: 0,
        rounds: 0,
      });
    }));

  it("fails a step whose tries keep dying with their process", () =>
    inRegistry(async (bench) => {
      const { ref } = await running(bench);
      for (let i = 0; i < MAX_INTERRUPTED_TRIES; i++)
        expect(await bench.runner.begin(ref, "first", crypto.randomUUID(), 1, [])).toMatchObject({ do: "run" });
      expect(await bench.runner.begin(ref, "first", crypto.randomUUID(), 1, [])).toMatchObject({
        do: "fail",
        error: { code: "step_interrupted" },
      });
    }));

  it("fails a job whose attempt keeps dying with its process outside of them", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const ref = bench.ref(id);
      for (let i = 0; i <= MAX_INTERRUPTED_TRIES; i++)
        expect(await bench.runner.start(ref)).toMatchObject({ do: "run" });
      expect(await bench.runner.start(ref)).toEqual({ do: "stop" });
      expect(await statusOf(bench, id)).toMatchObject({ status: "failed", error_code: "job_interrupted" });
    }));

  it("shows a retry with its reason and when it comes", () =>
    inRegistry(async (bench) => {
      const { id, ref } = await running(bench);
      await bench.runner.retrying(ref, "first", ERROR, 2_000, 30_000);
      expect((await statusOf(bench, id)).message).toBe("HTTP 500 Next try in 2 s.");
    }));
});

describe("rest", () => {
  it("keeps its first wake time over resumes and attempts", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      const ref = bench.ref(id);
      await bench.runner.start(ref);
      expect(await bench.runner.rest(ref, "first", START + 60_000, [])).toEqual({
        do: "rest",
        wake_at: START + 60_000,
      });
      expect(await bench.runner.rest(ref, "first", START + 99_000, [])).toEqual({
        do: "rest",
        wake_at: START + 60_000,
      });
      expect(await statusOf(bench, id)).toMatchObject({ step: "first", steps: [{ status: "waiting" }, {}] });
    }));
});

describe("a rest that is over", () => {
  it.each(["first", "pages[0].nap"])("is not rested again, at a resume or in the next attempt: %s", (path) =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      await bench.runner.start(bench.ref(id));
      await bench.runner.rest(bench.ref(id), path, START + 60_000, []);
      bench.clock.now = START + 60_000;
      await bench.runner.mark(bench.ref(id), [{ path, status: "succeeded" }]);
      const again = await bench.runner.rest(bench.ref(id), path, START + 120_000, []);
      expect(again).toEqual({ do: "rest", wake_at: START + 60_000 });
    }),
  );
});

describe("settle", () => {
  it("succeeded: result, progress 1, kept for the retention", () =>
    inRegistry(async (bench) => {
      const { id, ref } = await running(bench);
      await bench.runner.finish(ref, "first", { a: 1 }, null);
      await bench.runner.settle(ref, { name: "succeeded", output_path: "first" }, []);
      expect(await statusOf(bench, id)).toMatchObject({
        status: "succeeded",
        progress: 1,
        result: { a: 1 },
        error: null,
        poll_after_ms: 0,
        expires_at: new Date(START + RETENTION_MS).toISOString(),
      });
    }));

  it("wraps an output that is no object", () =>
    inRegistry(async (bench) => {
      const { id, ref } = await running(bench);
      await bench.runner.settle(ref, { name: "succeeded", output: [1, 2] }, []);
      expect((await statusOf(bench, id)).result).toEqual({ value: [1, 2] });
    }));

  it("failed: names the step, its error and a stable code", () =>
    inRegistry(async (bench) => {
      const { id, ref } = await running(bench);
      await bench.runner.settle(ref, { name: "failed", error: ERROR, path: "first" }, []);
      const status = await statusOf(bench, id);
      expect(status).toMatchObject({
        status: "failed",
        error: "Step first: HTTP 500",
        error_code: "http_status",
        step: "first",
      });
      expect(status.steps?.[0]).toMatchObject({ status: "failed", error: "HTTP 500" });
      expect(eventTypes(status).slice(-2)).toEqual(["step_failed", "settled"]);
    }));

  it("refuses a result above the cap with a typed error", () =>
    inRegistry(async (bench) => {
      const { id, ref } = await running(bench);
      await bench.runner.settle(ref, { name: "succeeded", output: "x".repeat(MAX_OUTPUT_BYTES) }, []);
      expect(await statusOf(bench, id)).toMatchObject({ status: "failed", error_code: "output_too_large" });
    }));

  it("wakes those who wait for the job", () =>
    inRegistry(async (bench) => {
      const { id, ref } = await running(bench);
      const waiting = bench.caller.wait(CALLER, id, 20_000);
      await bench.runner.settle(ref, { name: "succeeded", output: {} }, []);
      expect(await waiting).toMatchObject({ ok: true, value: { status: "succeeded" } });
    }));
});

describe("a step of a round that is over", () => {
  it("does not begin again for a report that comes late, and that of the next round does", () =>
    inRegistry(async (bench) => {
      const { ref } = await running(bench);
      const begin = (round: number) => bench.runner.begin(ref, `loop#${round}.page`, `t${round}`, 30_000, []);
      expect(await begin(1)).toMatchObject({ do: "run" });
      await bench.runner.finish(ref, "loop#1.page", { n: 1 }, null);
      await bench.runner.roundEnded(ref, "loop", { round: 1, over: false, state: {} }, []);
      expect(await begin(1)).toEqual({ do: "halted" });
      expect(await begin(2)).toMatchObject({ do: "run" });
    }));
});

describe("reports that must change nothing", () => {
  const reports: [string, (bench: Bench, ref: ReturnType<Bench["ref"]>) => Promise<unknown>][] = [
    ["start", (bench, ref) => bench.runner.start(ref)],
    ["begin", (bench, ref) => bench.runner.begin(ref, "second", crypto.randomUUID(), 1, [])],
    ["retrying", (bench, ref) => bench.runner.retrying(ref, "first", ERROR, 1, 1)],
    ["finish", (bench, ref) => bench.runner.finish(ref, "second", 1, null)],
    ["rest", (bench, ref) => bench.runner.rest(ref, "second", START, [])],
    ["mark", (bench, ref) => bench.runner.mark(ref, [{ path: "second", status: "succeeded" }])],
    ["settle succeeded", (bench, ref) => bench.runner.settle(ref, { name: "succeeded", output: "late" }, [])],
    ["settle failed", (bench, ref) => bench.runner.settle(ref, { name: "failed", error: ERROR, path: null }, [])],
  ];
  const dump = (bench: Bench) => [
    bench.storage.sql.exec("SELECT * FROM jobs").toArray(),
    bench.storage.sql.exec("SELECT * FROM job_values").toArray(),
  ];

  it.each(reports)("%s on a settled job", (_name, report) =>
    inRegistry(async (bench) => {
      const { ref } = await running(bench);
      await bench.runner.settle(ref, { name: "succeeded", output: { a: 1 } }, []);
      const before = dump(bench);
      expect((await report(bench, ref)) ?? STOP).toEqual(STOP);
      expect(dump(bench)).toEqual(before);
    }),
  );

  it.each(reports)("%s of another attempt", (_name, report) =>
    inRegistry(async (bench) => {
      const { id } = await running(bench);
      const before = dump(bench);
      expect((await report(bench, bench.ref(id, 2))) ?? STOP).toEqual(STOP);
      expect(dump(bench)).toEqual(before);
    }),
  );

  it.each(reports)("%s of another tenant", (_name, report) =>
    inRegistry(async (bench) => {
      const { ref } = await running(bench);
      const before = dump(bench);
      expect((await report(bench, { ...ref, tenant: "other" })) ?? STOP).toEqual(STOP);
      expect(dump(bench)).toEqual(before);
    }),
  );
});
