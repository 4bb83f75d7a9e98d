import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { inRegistry } from "../../registry/bench.ts";
import { RecordingStep, type RunOptions, runSteps } from "../bench.ts";

const end = (more: Record<string, Json> = {}): Json => ({ id: "stop", type: "end", ...more });
const well = (more: Record<string, Json> = {}): Json => end({ as: "succeeded", ...more });
const call = (id: string, more: Record<string, Json> = {}): Json => {
  return { id, type: "http", url: `https://api.example.com/${id}`, ...more };
};
const after = call("after");

/** Runs the steps with one after them. @returns how the job ended, and which paths were asked */
async function ran(steps: Json[], options: RunOptions = {}) {
  const asked: string[] = [];
  let status: Awaited<ReturnType<Awaited<ReturnType<typeof runSteps>>["status"]>> | undefined;
  await inRegistry(async (bench) => {
    const fetch: RunOptions["fetch"] = async (url, init = {}) => {
      const path = new URL(url).pathname.slice(1);
      asked.push(path);
      if (path !== "slow") return Response.json({});
      // It answers to nothing but its signal.
      return new Promise((_resolve, reject) => init.signal?.addEventListener("abort", () => reject(new Error("cut"))));
    };
    const run = await runSteps(bench, [...steps, after], { fetch, ...options });
    const ended = await run.status();
    await run.resume(new RecordingStep());
    expect(await run.status()).toEqual(ended);
    status = ended;
  });
  return { asked, status };
}

describe("end", () => {
  it("fails the job with its code and message, and nothing after it runs", async () => {
    const { asked, status } = await ran([end({ code: "too_late", message: "Closed since {% $input.since %}." })], {
      input: { since: "May" },
    });
    expect(status).toMatchObject({
      status: "failed",
      error_code: "too_late",
      error: "Step stop: Closed since May.",
      steps: [{ status: "failed" }, { status: "pending" }],
    });
    expect(asked).toEqual([]);
  });

  it("has a code and a message when none is given", async () => {
    const { status } = await ran([end()]);
    expect(status).toMatchObject({ error_code: "ended", error: "Step stop: The plan ends the job here." });
  });

  it("succeeds with its output, without evaluating that of the blueprint", async () => {
    const steps = [call("before"), well({ output: { n: "{% 1 + 1 %}" }, message: "Nothing has changed." })];
    const { asked, status } = await ran(steps, { output: "{% $error('never') %}" });
    expect(status).toMatchObject({
      status: "succeeded",
      result: { n: 2 },
      progress: 1,
      steps: [{ status: "succeeded" }, { status: "succeeded" }, { status: "pending" }],
    });
    expect(status?.events?.at(-1)).toMatchObject({ type: "settled", message: "succeeded: Nothing has changed." });
    expect(asked).toEqual(["before"]);
  });

  it.each([
    ["nothing is written", well()],
    ["it yields nothing", well({ output: "{% $input.none %}" })],
  ])("succeeds with null when %s", async (_why, step) => {
    expect((await ran([step])).status).toMatchObject({ status: "succeeded", result: { value: null } });
  });

  it("does nothing when its condition is false", async () => {
    expect((await ran([end({ when: "{% false %}" })])).asked).toEqual(["after"]);
  });

  it.each<[string, (inner: Json[]) => Json]>([
    ["a row of a map", (steps) => ({ id: "each", type: "map", over: [0, 1, 2], concurrency: 1, steps })],
    ["a branch", (steps) => ({ id: "both", type: "parallel", branches: { left: steps, right: [call("slow")] } })],
    ["a round", (steps) => ({ id: "loop", type: "repeat", steps })],
    [
      "a round of a row of a branch",
      (steps) => ({
        id: "both",
        type: "parallel",
        branches: {
          left: [{ id: "each", type: "map", over: [0], steps: [{ id: "loop", type: "repeat", steps }] }],
          right: [{ id: "nap", type: "sleep", for: "1 hour" }],
        },
      }),
    ],
  ])(
    "ends the whole job from inside %s, well or badly, whatever goes on from failures there",
    async (_where, inside) => {
      const goingOn = (steps: Json[]) => ({ ...(inside(steps) as Record<string, Json>), on_error: "continue" });
      const failed = await ran([goingOn([call("first"), end({ code: "enough", on_error: "continue" })])]);
      expect(failed.status).toMatchObject({ status: "failed", error_code: "enough" });
      expect(failed.asked.filter((path) => path !== "slow")).toEqual(["first"]);
      const succeeded = await ran([goingOn([call("first"), well({ output: "enough" })])]);
      expect(succeeded.status).toMatchObject({ status: "succeeded", result: { value: "enough" } });
      expect(succeeded.asked.filter((path) => path !== "slow")).toEqual(["first"]);
      expect(succeeded.status?.steps?.map(({ status }) => status)).toEqual(["cancelled", "pending"]);
    },
  );

  it("closes what is asked, and is no failure of who asked", async () => {
    const ask = { id: "ask", type: "input", message: "?", schema: { type: "object", properties: {} } };
    const branches = { left: [ask], right: [{ id: "nap", type: "sleep", for: "1 minute" }, well({ output: "timer" })] };
    const { status } = await ran([{ id: "both", type: "parallel", branches }]);
    expect(status).toMatchObject({ status: "succeeded", result: { value: "timer" }, input_requests: [] });
  });

  it("fails as an expression does whose message or output cannot be computed, which a blueprint may go on from", async () => {
    expect((await ran([end({ message: "{% $error('no') %}" })])).status).toMatchObject({ error_code: "expression" });
    const { asked } = await ran([well({ output: "{% $error('no') %}", on_error: "continue" })]);
    expect(asked).toEqual(["after"]);
  });
});
