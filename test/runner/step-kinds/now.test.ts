import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { type Bench, CALLER, inRegistry, START } from "../../registry/bench.ts";
import { json, RecordingStep, runSteps } from "../bench.ts";

/** Each answer takes so long. */
const slow =
  (bench: Bench, ms = 1_000) =>
  async () => {
    bench.clock.now += ms;
    return json({ ok: true })();
  };

const now = (id: string): Json => ({ id, type: "transform", value: "{% $millis() %}" });
const get = (id: string, more: JsonObject = {}): Json => ({ id, type: "http", url: "https://x.example/", ...more });

/** The result, in ms since the start of the job. */
async function since(run: Awaited<ReturnType<typeof runSteps>>) {
  const { result, started_at } = await run.status();
  const start = Date.parse(started_at ?? "");
  const relative = (value: unknown): unknown =>
    typeof value === "number" && value > START - 1 ? value - start : value;
  return JSON.parse(JSON.stringify(result), (_key, value) => relative(value));
}

const OUTPUT = { a: "{% $steps.a %}", b: "{% $steps.b %}", c: "{% $steps.c %}", end: "{% $millis() %}" };

describe("$now() and $millis()", () => {
  it("are when the last thing before the step was recorded: the start, a finish, the end of a sleep", () =>
    inRegistry(async (bench) => {
      const plan = [now("a"), get("one"), now("b"), { id: "nap", type: "sleep", for: "1 hour" }, get("two"), now("c")];
      const run = await runSteps(bench, plan, { fetch: slow(bench), output: OUTPUT });
      expect(await since(run)).toEqual({ a: 0, b: 1_000, c: 3_602_000, end: 3_602_000 });
    }));

  it("move on with an answer, and with a failure that is passed over", () =>
    inRegistry(async (bench) => {
      const step = new RecordingStep();
      step.whileWaiting = async () => {
        bench.clock.now += 5_000;
        const [row] = bench.storage.sql.exec<{ job_id: string }>("SELECT job_id FROM jobs").toArray();
        await bench.caller.respond(CALLER, row?.job_id ?? "", { request_id: "ask", action: "accept", content: {} });
      };
      const schema = { type: "object", properties: {} };
      const plan = [
        { id: "ask", type: "input", message: "Go?", schema },
        now("a"),
        get("fails", { on_error: "continue", expect: [404] }),
        now("b"),
      ];
      const { c: _none, ...output } = OUTPUT;
      const run = await runSteps(bench, plan, { fetch: slow(bench), step, output });
      expect(await since(run)).toEqual({ a: 5_000, b: 6_000, end: 6_000 });
    }));

  it("move on in rows, rounds and branches, each by its own, and after them by the last", () =>
    inRegistry(async (bench) => {
      const map = { id: "a", type: "map", over: [1, 2], concurrency: 1, steps: [get("one"), now("in_row")] };
      const next = { times: "{% $append($state.times, $millis()) %}" };
      const rounds = { id: "b", type: "repeat", limit: 3, pause: "1 minute", next, steps: [get("two")] };
      const branches = { x: [get("three"), now("in_x")], y: [now("in_y")] };
      const plan = [map, now("between"), rounds, { id: "c", type: "parallel", branches }];
      const output = { ...OUTPUT, between: "{% $steps.between %}" };
      const run = await runSteps(bench, plan, { fetch: slow(bench), output });
      expect(await since(run)).toEqual({
        // Both rows began with the map.
        a: [1_000, 2_000],
        between: 2_000,
        b: { times: [3_000, 64_000, 125_000] },
        c: { x: 126_000, y: 125_000 },
        end: 126_000,
      });
    }));

  it.each([1, 2, 3, 4, 5, 6, 7])("are the same at a resume, after a crash before request %i", (crashAt) =>
    inRegistry(async (bench) => {
      const seen: [string, string][] = [];
      let requests = 0;
      let crashed = false;
      const step = new RecordingStep();
      const fetch = async (url: string) => {
        requests += 1;
        if (requests === crashAt && !crashed) {
          crashed = true;
          bench.clock.now += 7_777;
          return step.die();
        }
        bench.clock.now += 1_000;
        seen.push([url.split("/")[3]?.split("?")[0] ?? "", url.split("?")[1] ?? ""]);
        return json({ ok: true })();
      };
      const ask = (id: string) => get(id, { url: `https://x.example/${id}`, query: { at: "{% $millis() %}" } });
      const branches = { x: [ask("x1"), ask("x2")], y: [now("in_y")] };
      const plan = [
        ask("one"),
        now("a"),
        { id: "each", type: "map", over: [1, 2], concurrency: 1, steps: [ask("row"), now("in_row")] },
        { id: "b", type: "repeat", limit: 2, steps: [ask("round"), now("in_round")] },
        { id: "both", type: "parallel", branches },
      ];
      const output = { a: "{% $steps.a %}", rows: "{% $steps.each %}", b: "{% $steps.b %}", both: "{% $steps.both %}" };
      const run = await runSteps(bench, plan, { fetch, step, output });
      expect(crashed).toBe(true);
      const told = seen.length;
      await run.resume(new RecordingStep());
      const { status, result } = await run.status();
      expect(status).toBe("succeeded");
      // What was computed from the time before the crash is what was computed after it: of every finish there is one time.
      const { a, rows, b, both } = result as { a: number; rows: number[]; b: number; both: { x: unknown; y: number } };
      const times = Object.fromEntries(seen.map(([id, at]) => [id, Number(new URLSearchParams(at).get("at"))]));
      expect(rows).toHaveLength(2);
      expect(times.row).toBeGreaterThanOrEqual(a);
      expect(b).toBeGreaterThan(Math.max(...rows));
      expect(both.y).toBe(b);
      expect(times.x1).toBe(b);
      expect(seen.length).toBe(7);
      expect(told).toBe(crashAt - 1);
    }),
  );
});
