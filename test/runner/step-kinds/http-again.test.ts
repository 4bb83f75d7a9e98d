import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import type { RunnerApi } from "../../../src/registry/api/caller.ts";
import { inRegistry } from "../../registry/bench.ts";
import { Crash, DiesAsleep, json, RecordingStep, type RunOptions, replaced, runSteps, scripted } from "../bench.ts";

type Answer = () => Response | Promise<Response>;
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  () =>
    new Response("answer", { status: code, headers });

/** How often the step asks, what lies between, and how its job ends. Answers may depend on the time. */
async function ask(answers: Answer[] | ((now: number) => Answer[]), step: JsonObject, options: RunOptions = {}) {
  let seen: { asked: number; waited: number[]; status: string; error: string; code: string } | undefined;
  await inRegistry(async (bench) => {
    const { fetch, sent } = scripted(...(typeof answers === "function" ? answers(bench.clock.now) : answers));
    const call = { id: "call", type: "http", url: "https://api.example.com/x", ...step };
    const run = await runSteps(bench, [call], { fetch, ...options });
    const { status, error, error_code } = await run.status();
    seen = {
      ...{ asked: sent.length, waited: run.step.waited },
      ...{ status, error: String(error), code: String(error_code) },
    };
  });
  if (seen === undefined) throw new Error("nothing came of it");
  return seen;
}

const retry = (limit: number, delay: string, backoff: string): JsonObject => ({ retry: { limit, delay, backoff } });

describe("a next try", () => {
  it.each([
    [0, 10_000],
    [0.25, 10_500],
    [0.5, 11_000],
    [0.75, 11_500],
    [0.9999, 12_000],
  ])("comes up to a fifth later than the backoff says, with chance %d", async (chance, delay) => {
    const { waited } = await ask([status(503), json({})], retry(3, "10 seconds", "fixed"), { random: () => chance });
    expect(waited).toEqual([delay]);
  });

  it.each([
    [0, 30_000],
    [0.5, 33_000],
    [0.9999, 35_999],
  ])("comes up to a fifth later than Retry-After says, with chance %d", async (chance, delay) => {
    const answers = [status(429, { "retry-after": "30" }), json({})];
    expect((await ask(answers, {}, { random: () => chance })).waited).toEqual([delay]);
  });

  it.each<[JsonObject, number[]]>([
    [retry(6, "1 minute", "exponential"), [60, 120, 240, 300, 300, 300]],
    [retry(6, "2 minutes", "linear"), [120, 240, 300, 300, 300, 300]],
    [retry(3, "299 seconds", "exponential"), [299, 300, 300]],
    [retry(3, "5 minutes", "exponential"), [300, 300, 300]],
    [retry(3, "10 minutes", "exponential"), [600, 600, 600]],
    [retry(2, "10 minutes", "fixed"), [600, 600]],
  ])("with %j is at most five minutes away, or as long as its delay", async (policy, seconds) => {
    expect((await ask([status(503)], policy)).waited).toEqual(seconds.map((each) => each * 1_000));
  });

  it("waits longer than five minutes when the service asks for it, without backoff on top", async () => {
    const answers = [status(503), status(503, { "retry-after": "3600" }), status(503), json({})];
    const { waited } = await ask(answers, retry(5, "1 second", "exponential"));
    expect(waited).toEqual([1_000, 3_600_000, 4_000]);
  });

  it.each(["Retry-After", "retry-after", "RETRY-AFTER"])("comes at once when %s is 0", async (name) => {
    expect(await ask([status(429, { [name]: "0" }), json({})], {})).toMatchObject({ asked: 2, waited: [] });
  });

  it.each(["3600.5", "-1", "+5", "1e3", "0x10", "soon", "2026-12-01T00:00:00Z", "Tue, 01 Dec 2026", "5 s", "5, 6"])(
    "takes nothing from a Retry-After of %j",
    async (after) => {
      const { waited } = await ask([status(503, { "retry-after": after }), json({})], {});
      expect(waited).toEqual([2_000]);
    },
  );

  it("takes nothing from a Retry-After of an answer that is not tried again", async () => {
    expect(await ask([status(404, { "retry-after": "5" })], {})).toMatchObject({
      asked: 1,
      waited: [],
      code: "http_status",
    });
  });
});

describe("a next try that would come after the job's end", () => {
  const timeoutMs = 60_000;

  it.each<[string, Answer[], JsonObject]>([
    ["Retry-After of a year", [status(429, { "retry-after": "31536000" })], {}],
    ["Retry-After of more seconds than a number holds", [status(429, { "retry-after": "9".repeat(400) })], {}],
    ["Retry-After of a date", [status(503, { "retry-after": "Fri, 31 Dec 2094 23:59:59 GMT" })], {}],
    ["the whole of the time", [status(503, { "retry-after": "60" })], {}],
    ["backoff", [status(503)], retry(3, "2 minutes", "fixed")],
    ["backoff after no answer", [() => Promise.reject(new TypeError("reset"))], retry(3, "2 minutes", "fixed")],
  ])("fails now, after %s", async (_, answers, step) => {
    const found = await ask(answers, step, { timeoutMs });
    expect(found).toMatchObject({ asked: 1, waited: [], status: "failed" });
    expect(["http_status", "network"]).toContain(found.code);
    expect(found.error).toMatch(
      /\. The next try would be in \d+ s, after the end of the job\. Raise timeout_seconds\./,
    );
  });

  it("that is within it, fails not", async () => {
    const found = await ask([status(503, { "retry-after": "59" }), json({})], {}, { timeoutMs });
    expect(found).toMatchObject({ asked: 2, waited: [59_000], status: "succeeded" });
  });

  it("is passed over by on_error, and the job goes on", async () => {
    const step = { on_error: "continue" };
    const found = await ask([status(429, { "retry-after": "3600" })], step, { timeoutMs });
    expect(found).toMatchObject({ asked: 1, status: "succeeded" });
  });
});

describe("a poll", () => {
  const polling = { until: "{% $response.body.ok %}", every: "20 seconds" };
  const busy = (headers: Record<string, string>): Answer => json({ ok: false }, { headers });

  it.each([
    ["60", 60_000],
    ["20", 20_000],
    ["5", 20_000],
    ["0", 20_000],
    ["60.5", 20_000],
    ["soon", 20_000],
  ])("comes again after Retry-After of %s, and never before every", async (after, pause) => {
    const found = await ask([busy({ "retry-after": after }), json({ ok: true })], polling);
    expect(found).toMatchObject({ asked: 2, waited: [pause], status: "succeeded" });
  });

  it("comes again at the date that Retry-After names", async () => {
    const at = (now: number) => new Date(now + 90_000).toUTCString();
    const found = await ask((now) => [busy({ "retry-after": at(now) }), json({ ok: true })], polling);
    expect(found).toMatchObject({ asked: 2, status: "succeeded" });
    // A date has no milliseconds.
    expect(found.waited[0]).toBeGreaterThan(89_000);
    expect(found.waited[0]).toBeLessThanOrEqual(90_000);
  });

  it.each([
    ["an hour", "3600"],
    ["all the time that is left", "60"],
    ["more seconds than a number holds", "9".repeat(400)],
  ])("that would come after the job's end fails now, after Retry-After of %s", async (_, after) => {
    const found = await ask([busy({ "retry-after": after })], polling, { timeoutMs: 60_000 });
    expect(found).toMatchObject({ asked: 1, waited: [], status: "failed", code: "poll_limit" });
    expect(found.error).toMatch(/in \d+ s, after the end of the job\. Raise timeout_seconds\./);
  });
});

describe("after a crash", () => {
  const NAP = { id: "nap", type: "sleep", for: "90 seconds" };
  const call = { id: "call", type: "http", url: "https://api.example.com/x" };
  const polling = { until: "{% $response.body.ready %}", every: "5 seconds", limit: 2 };

  it("a poll that was given up is not asked for again where failures are passed over", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({ ready: false }));
      const output = { code: "{% $steps.call.error.code %}" };
      const steps = [{ ...call, ...polling, on_error: "continue" }, NAP];
      const run = await runSteps(bench, steps, { fetch, output, step: new DiesAsleep() });
      expect(sent).toHaveLength(2);
      await run.resume(new RecordingStep());
      expect(sent).toHaveLength(2);
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { code: "poll_limit" } });
    }));

  it("between the last poll and its failure no other poll follows", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({ ready: false }), json({ ready: false }), json({ ready: true }));
      let polls = 0;
      const polled: RunnerApi["polled"] = async (...args) => {
        const answer = await bench.runner.polled(...args);
        polls += 1;
        if (polls === 2) throw new Crash();
        return answer;
      };
      const registry = (real: RunnerApi) => replaced(real, { polled });
      const run = await runSteps(bench, [{ ...call, ...polling }], { fetch, registry });
      await run.resume(new RecordingStep());
      expect(sent).toHaveLength(2);
      expect(await run.status()).toMatchObject({ status: "failed", error_code: "poll_limit" });
    }));

  it("a step that had ended has its output, though its request could not be made any more", () =>
    inRegistry(async (bench) => {
      const { fetch, sent } = scripted(json({ paid: true }));
      const steps = [{ ...call, method: "POST", headers: { authorization: { secret: "TOKEN" } } }, NAP];
      const output = "{% $steps.call.body %}";
      const secrets = { TOKEN: "a-token-of-the-tests" };
      const { id, status } = await runSteps(bench, steps, { fetch, output, secrets, step: new DiesAsleep() });
      await runSteps(bench, steps, { fetch, existing: id, gone: ["TOKEN"] });
      expect(sent).toHaveLength(1);
      expect(await status()).toMatchObject({ status: "succeeded", result: { paid: true } });
    }));
});

describe("a status that is not expected", () => {
  const message = async (code: number, step: JsonObject) => (await ask([status(code)], step)).error;

  it.each<[number, JsonObject, string]>([
    [200, { expect: "{% $response.body = 'ready' %}" }, "HTTP 200, and expect is not met: answer"],
    [201, { expect: "{% $response.headers.location %}" }, "HTTP 201, and expect is not met: answer"],
    [404, { expect: "{% $response.status = 200 %}" }, "HTTP 404, and expect is not met: answer"],
    [200, { expect: [201, 202] }, "HTTP 200, which expect does not list (201, 202): answer"],
    [404, { expect: [200] }, "HTTP 404, which expect does not list (200): answer"],
    [404, {}, "HTTP 404: answer"],
  ])("of %i with %j says what expect has to do with it", async (code, step, expected) => {
    expect(await message(code, step)).toBe(`Step call: ${expected}`);
  });

  it.each([301, 302, 303, 307, 308])("of %i says that there is nowhere to go", async (code) => {
    expect(await message(code, {})).toBe(`Step call: HTTP ${code}, a redirect without a Location: answer`);
  });

  it.each([300, 304, 305, 306])("of %i is no redirect that could be followed", async (code) => {
    const { error } = await ask([() => new Response(null, { status: code })], {});
    expect(error).toBe(`Step call: HTTP ${code}: no body`);
  });

  it.each([
    ["nothing", "{% $response.body.none %}"],
    ["an empty list", "{% [] %}"],
    ["a list of nothing that is true", "{% [0, null, false] %}"],
    ["an empty object", "{% {} %}"],
    ["0", "{% 0 %}"],
  ])("is one for which expect gives %s", async (_, verdict) => {
    expect(await message(200, { expect: verdict })).toContain("expect is not met");
  });
});
