import { describe, expect, it } from "vitest";
import { type Bench, CALLER, inRegistry } from "./bench.ts";
import { end, spawn } from "./job-lives.ts";

const TRACE = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate: "a=b" };
const FAILED = { name: "failed" as const, error: { code: "test", message: "Enough." }, path: "first" };

/** The trace that the runner gets with the job. */
async function traceOf({ runner, ref }: Bench, id: string) {
  const run = await runner.start(ref(id));
  return run.do === "run" ? run.trace : undefined;
}

describe("the trace of a job", () => {
  it("is given to its runner, and is in the log line of its end", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit({ trace: TRACE });
      expect(await traceOf(bench, id)).toEqual(TRACE);
      await end(bench, id);
      expect(bench.logged).toEqual([
        { event: "job_settled", job_id: id, status: "succeeded", error_code: null, ...TRACE },
      ]);
    }));

  it("is the trace of its children and of its retries too", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit({ trace: TRACE });
      await bench.runner.start(bench.ref(id));
      await spawn(bench, id);
      const child = bench.storage.sql.exec<{ job_id: string }>("SELECT job_id FROM jobs WHERE parent_id = ?", id).one();
      expect(await traceOf(bench, child.job_id)).toEqual(TRACE);
      await bench.runner.settle(bench.ref(id), FAILED, []);
      const retried = await bench.caller.retry(CALLER, id, { from_step: null, input: null });
      expect(retried.ok && (await traceOf(bench, retried.value.id))).toEqual(TRACE);
      expect(bench.logged).toMatchObject([
        { job_id: id, status: "failed", error_code: "test", ...TRACE },
        { job_id: child.job_id, status: "cancelled", ...TRACE },
      ]);
    }));

  it("that has none is none: the log line is as short", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      expect(await traceOf(bench, id)).toBeUndefined();
      await end(bench, id);
      expect(bench.logged).toEqual([{ event: "job_settled", job_id: id, status: "succeeded", error_code: null }]);
    }));
});
