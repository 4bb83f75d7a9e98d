import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { type Bench, CALLER, inRegistry, planOf, statusOf } from "../../registry/bench.ts";
import { DiesAsleep, RecordingStep, type RunOptions, runSteps } from "../bench.ts";
import { Family } from "./family.ts";

/** What the blueprint goes on from is kept, whatever it was, so that no later look at the job finds it otherwise. */

const HOST = "https://api.example.com/";
const call = (id: string, more: JsonObject = {}): Json => {
  return { id, type: "http", method: "POST", url: HOST + id, retry: { limit: 0 }, ...more };
};
const NAP = { id: "nap", type: "sleep", for: "1 hour" };

/** Steps that fail before they could act, each in its own way. */
const BROKEN: Record<string, JsonObject> = {
  "a request that cannot be built": { id: "broken", type: "http", url: `${HOST}{% $input.none %}` },
  "a transform that fails": { id: "broken", type: "transform", value: "{% $error('no') %}" },
  "a child whose input cannot be made": {
    id: "broken",
    type: "job",
    blueprint: "other@1",
    input: "{% $error('no') %}",
  },
};

/** A service that refuses what is named. */
function service(...refused: string[]) {
  const sent: { path: string; key: string; body: string }[] = [];
  const fetch: NonNullable<RunOptions["fetch"]> = async (url, init = {}) => {
    const path = url.slice(HOST.length);
    const key = (new Headers(init.headers).get("idempotency-key") ?? "").replace(/^job_\w+/, "J");
    sent.push({ path, key, body: String(init.body ?? "") });
    return refused.includes(path) ? new Response("no", { status: 402 }) : Response.json({ path });
  };
  return { sent, fetch, paths: () => sent.map(({ path }) => path) };
}

const plain = { from_step: null, input: null };

async function retried(bench: Bench, id: string): Promise<string> {
  const reply = await bench.caller.retry(CALLER, id, plain);
  if (!reply.ok) throw new Error(JSON.stringify(reply.error));
  await bench.settleBackground();
  return reply.value.id;
}

describe.each(Object.entries(BROKEN))("after %s and was passed over", (_name, broken) => {
  const steps = (more: JsonObject = {}) => [{ ...broken, on_error: "continue" }, call("pay", more), call("ship")];

  it("what was done is taken back", () =>
    inRegistry(async (bench) => {
      const { fetch, paths } = service("ship");
      const undo = { type: "http", url: `${HOST}refund`, retry: { limit: 0 } };
      await bench.submit({ plan: planOf(steps({ undo })) });
      await new Family(bench, { fetch }).runAll();
      expect(paths()).toEqual(["pay", "ship", "refund"]);
    }));

  it("a retry does not do again what was done", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = service("ship");
      const { id } = await runSteps(bench, steps(), { fetch });
      const again = await retried(bench, id);
      await runSteps(bench, steps(), { fetch, existing: again });
      expect(sent.map(({ key }) => key)).toEqual(["J.pay", "J.ship", "J.ship~1"]);
    }));
});

it("a child that was refused for once is not started by a later run, whose job has told of the failure", () =>
  inRegistry(
    async (bench) => {
      const { fetch, sent } = service();
      const child = { name: "child", steps: [call("inner")] };
      const steps = [
        { id: "kid", type: "job", blueprint: child, on_error: "continue" },
        call("tell", { body: { code: "{% $steps.kid.error.code %}" } }),
        NAP,
      ];
      const other = await bench.submit();
      const run = await runSteps(bench, steps, { fetch, step: new DiesAsleep() });
      await bench.caller.cancel(CALLER, other.id, null);
      bench.clock.now += 3_600_000;
      await run.resume(new RecordingStep());
      expect(sent).toMatchObject([{ path: "tell", body: '{"code":"too_many_active"}' }]);
      expect((await statusOf(bench, run.id)).status).toBe("succeeded");
      expect(bench.engine.started).toHaveLength(2);
    },
    { activeJobs: 2 },
  ));
