import { describe, expect, it } from "vitest";
import type { AskRequest } from "../../../src/registry/api/caller.ts";
import { type Bench, inRegistry, START } from "../bench.ts";

const ERROR = { code: "http_status", message: "HTTP 500", status: 500 };
const QUESTION: AskRequest = {
  request_id: "q",
  message: "Go on?",
  schema: { type: "object", properties: {} },
  timeout_ms: 60_000,
  fallback: null,
};

const child = (bench: Bench) => ({ name: "child", blueprint: "inline", plan: bench.plan, input: {} });

async function started(bench: Bench) {
  const ref = bench.ref((await bench.submit()).id);
  await bench.runner.start(ref);
  return ref;
}

/** `on_error: continue`: the step's failure is its output. */
describe.each(["first", "both.left.first"])("a wait at %s that failed and was passed over", (path) => {
  it("starts no second child, at a resume or in the next attempt", () =>
    inRegistry(async (bench) => {
      const ref = await started(bench);
      await bench.runner.spawn(ref, path, child(bench), []);
      await bench.settleBackground();
      const kid = bench.ref(bench.engine.started[1]?.job_id ?? "");
      await bench.runner.start(kid);
      await bench.runner.settle(kid, { name: "failed", error: ERROR, path: null }, []);
      const failed = await bench.runner.collect(ref, path);
      if (failed.do !== "fail") throw new Error(`the child's end is no failure: ${failed.do}`);
      await bench.runner.mark(ref, [{ path, status: "failed", error: failed.error }]);
      const again = await bench.runner.spawn(ref, path, child(bench), []);
      expect(again).toEqual({ do: "done", output: { error: failed.error } });
      expect(bench.storage.sql.exec("SELECT count(*) AS jobs FROM jobs").one()).toEqual({ jobs: 2 });
    }));

  it("asks no second time", () =>
    inRegistry(async (bench) => {
      const ref = await started(bench);
      await bench.runner.ask(ref, path, QUESTION, []);
      bench.clock.now = START + 60_000;
      const expired = await bench.runner.collect(ref, path);
      if (expired.do !== "fail") throw new Error(`the question's end is no failure: ${expired.do}`);
      await bench.runner.begin(ref, "second", "t", 30_000, [{ path, status: "failed", error: expired.error }]);
      expect(await bench.runner.ask(ref, path, QUESTION, [])).toEqual({
        do: "done",
        output: { error: expired.error },
      });
    }));
});

describe("a rest whose end rides along with a question or a child", () => {
  it.each(["ask", "spawn"] as const)("is not rested again: %s", (report) =>
    inRegistry(async (bench) => {
      const ref = await started(bench);
      const path = "both.left.nap";
      await bench.runner.rest(ref, path, START + 60_000, []);
      bench.clock.now = START + 60_000;
      const marks = [{ path, status: "succeeded" as const }];
      if (report === "ask") await bench.runner.ask(ref, "second", QUESTION, marks);
      else await bench.runner.spawn(ref, "second", child(bench), marks);
      const again = await bench.runner.rest(ref, path, START + 120_000, []);
      expect(again).toEqual({ do: "rest", wake_at: START + 60_000 });
    }),
  );
});
