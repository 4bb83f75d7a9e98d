import { describe, expect, it } from "vitest";
import { type Bench, eventTypes, inRegistry, statusOf, TENANT } from "./bench.ts";

const QUESTION = {
  request_id: "q",
  message: "Go on?",
  schema: { type: "object" },
  timeout_ms: 86_400_000,
  fallback: null,
};
const ANSWER = { request_id: "q", action: "accept" as const, content: {} };

/** A running job that asks. */
async function asking(bench: Bench): Promise<string> {
  const { id } = await bench.submit();
  await bench.runner.start(bench.ref(id));
  await bench.runner.ask(bench.ref(id), "first", QUESTION, []);
  return id;
}

const succeed = (bench: Bench, id: string) =>
  bench.runner.settle(bench.ref(id), { name: "succeeded", output: { ok: true } }, []);

describe("a question that is open when its job's run ends well", () => {
  it("is closed, because the branch that asked was passed over, and the job succeeds", () =>
    inRegistry(async (bench) => {
      const id = await asking(bench);
      await succeed(bench, id);
      const status = await statusOf(bench, id);
      expect(status).toMatchObject({ status: "succeeded", progress: 1, result: { ok: true }, input_requests: [] });
      expect(eventTypes(status).slice(-2)).toEqual(["expired", "settled"]);
      const late = await bench.caller.respond(TENANT, id, ANSWER);
      expect(late).toMatchObject({ ok: false, error: { code: "already_answered", action: "expired" } });
    }));
});

describe("an answer that is given again", () => {
  it.each(["failed", "cancelled", "succeeded"])("is known also when the job has %s since", (status) =>
    inRegistry(async (bench) => {
      const id = await asking(bench);
      await bench.caller.respond(TENANT, id, ANSWER);
      const error = { code: "http_status", message: "500" };
      if (status === "failed") await bench.runner.settle(bench.ref(id), { name: "failed", error, path: null }, []);
      if (status === "cancelled") await bench.caller.cancel(TENANT, id, null);
      if (status === "succeeded") await succeed(bench, id);
      const again = await bench.caller.respond(TENANT, id, ANSWER);
      expect(again).toMatchObject({ ok: false, error: { code: "already_answered", action: "accept" } });
    }),
  );
});

describe("a question whose time is up", () => {
  it("is closed then, also when another branch of its job has long been silent", () =>
    inRegistry(async (bench) => {
      const { id } = await bench.submit();
      await bench.runner.start(bench.ref(id));
      await bench.runner.begin(bench.ref(id), "second", "t", 30_000, []);
      await bench.runner.ask(bench.ref(id), "first", { ...QUESTION, timeout_ms: 60_000 }, []);
      const end = bench.clock.now + 60_000;
      while (bench.clock.now < end) {
        bench.clock.now = (await bench.storage.getAlarm()) ?? end;
        await bench.reconciler.ring();
      }
      expect(bench.clock.now).toBe(end);
      expect(await statusOf(bench, id)).toMatchObject({ status: "running", input_requests: [] });
    }));
});
