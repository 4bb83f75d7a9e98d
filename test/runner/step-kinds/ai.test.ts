import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import type { RunnerPorts } from "../../../src/runner/ports.ts";
import { type Bench, CALLER, inRegistry } from "../../registry/bench.ts";
import { Crash, RecordingStep, type RunOptions, runSteps } from "../bench.ts";

type Answer = () => Response | Promise<Response>;
type Model = NonNullable<RunnerPorts["model"]>;

const KEY = "sk-very-secret-key";

/** What a model says. @param tokens of prompt and answer together */
const says =
  (content: string, tokens = 10, more: JsonObject = {}): Answer =>
  () =>
    Response.json({
      model: "test-model-1",
      choices: [{ message: { role: "assistant", content }, finish_reason: "stop", ...more }],
      usage: { prompt_tokens: tokens - 4, completion_tokens: 4, total_tokens: tokens },
    });

/** An endpoint that answers from a script, the last answer again and again, and remembers what it was asked. */
function scriptedModel(answers: Answer[], settings: Partial<Model["settings"]> = {}) {
  const asked: { url: string; body: JsonObject; authorization: string | null }[] = [];
  const model: Model = {
    settings: { model: "test-model", baseUrl: "https://model.example.com/v1", key: KEY, tokensPerDay: 0, ...settings },
    run: undefined,
    fetch: async (url, init = {}) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      const authorization = new Headers(init.headers).get("authorization");
      asked.push({ url, body: JSON.parse(String(init.body)), authorization });
      if (answer === undefined) throw new Error("no answer is scripted");
      return answer();
    },
  };
  return { model, asked };
}

const step = (more: JsonObject = {}): JsonObject => ({
  id: "ask",
  type: "ai",
  prompt: "How many?",
  max_tokens: 50,
  ...more,
});
const SCHEMA = { type: "object", required: ["n"], properties: { n: { type: "integer" } } };

async function ask(
  bench: Bench,
  answers: Answer[],
  steps: Json[],
  { settings, ...options }: RunOptions & { settings?: Partial<Model["settings"]> } = {},
) {
  const { model, asked } = scriptedModel(answers, settings);
  const run = await runSteps(bench, steps, { model, ...options });
  const { status, error, error_code, result } = await run.status();
  return { status, error, code: error_code, result, asked, waited: run.step.waited };
}

describe("an ai step", () => {
  it("asks the endpoint, and yields text, model and usage", () =>
    inRegistry(async (bench) => {
      const input = { rows: [1, 2] };
      const found = await ask(
        bench,
        [says("Two.")],
        [step({ prompt: "Count {% $input.rows %}", system: "Be short." })],
        { input },
      );
      expect(found.result).toEqual({
        text: "Two.",
        model: "test-model-1",
        usage: { prompt_tokens: 6, completion_tokens: 4, total_tokens: 10 },
      });
      expect(found.asked).toEqual([
        {
          url: "https://model.example.com/v1/chat/completions",
          authorization: `Bearer ${KEY}`,
          body: {
            ...{ model: "test-model", max_tokens: 50 },
            messages: [
              { role: "system", content: "Be short." },
              { role: "user", content: "Count [1,2]" },
            ],
          },
        },
      ]);
    }));

  it.each([
    ["plain", '{"n": 2}'],
    ["in a fence", '```json\n{"n": 2}\n```'],
  ])("with a schema yields the object that was answered, %s", (_, text) =>
    inRegistry(async (bench) => {
      const found = await ask(bench, [says(text)], [step({ schema: SCHEMA })]);
      expect(found.result).toMatchObject({ value: { n: 2 } });
      expect(JSON.stringify(found.asked[0]?.body.messages)).toContain("JSON Schema");
    }),
  );

  it("sends a wrong answer back once, with what is wrong with it", () =>
    inRegistry(async (bench) => {
      const found = await ask(bench, [says('{"n": "two"}'), says('{"n": 2}')], [step({ schema: SCHEMA })]);
      expect(found.result).toMatchObject({ value: { n: 2 }, usage: { total_tokens: 20 } });
      const messages = found.asked[1]?.body.messages as { role: string; content: string }[];
      expect(messages.slice(-2)).toEqual([
        { role: "assistant", content: '{"n": "two"}' },
        { role: "user", content: expect.stringContaining("answer.n") },
      ]);
    }));

  it.each<[string, Answer[]]>([
    ["does not fit, twice", [says('{"n": "two"}')]],
    ["is no JSON, twice", [says("two")]],
    ["is a list, twice", [says("[2]")]],
    ["was cut", [says('{"n": 2}', 10, { finish_reason: "length" })]],
    ["has no text", [() => Response.json({ choices: [] })]],
  ])("fails with ai_invalid when the answer %s", (_, answers) =>
    inRegistry(async (bench) => {
      const found = await ask(bench, answers, [step({ schema: SCHEMA })]);
      expect([found.status, found.code]).toEqual(["failed", "ai_invalid"]);
      expect(found.asked.length).toBeLessThanOrEqual(2);
    }),
  );

  it("retries as http steps do", () =>
    inRegistry(async (bench) => {
      const busy: Answer = () => new Response("busy", { status: 429, headers: { "retry-after": "7" } });
      const lost: Answer = () => Promise.reject(new TypeError("reset"));
      const found = await ask(bench, [busy, lost, () => new Response("<html>"), says("Two.")], [step()]);
      expect([found.status, found.asked.length, found.waited[0]]).toEqual(["succeeded", 4, 7_000]);
    }));

  it("does not retry what is final, and repeats no key", () =>
    inRegistry(async (bench) => {
      const found = await ask(bench, [() => new Response(`bad key ${KEY}`, { status: 401 })], [step()]);
      expect([found.code, found.asked.length]).toEqual(["http_status", 1]);
      expect(found.error).not.toContain(KEY);
      expect((await ask(bench, [says(`your key is ${KEY}`)], [step()])).result).toMatchObject({
        text: "your key is [secret AI_KEY]",
      });
    }));

  it("fails when there is nothing to ask", () =>
    inRegistry(async (bench) => {
      const found = await ask(bench, [says("x")], [step({ prompt: "{% $input.none %}" })]);
      expect([found.code, found.asked.length]).toEqual(["expression", 0]);
    }));

  it("asks the binding where there is one", () =>
    inRegistry(async (bench) => {
      const asked: unknown[] = [];
      const { model } = scriptedModel([]);
      const run: Model["run"] = async (name, input) => {
        asked.push([name, input]);
        return { response: { n: 3 } };
      };
      const found = await runSteps(bench, [step({ schema: SCHEMA, model: "@cf/own" })], { model: { ...model, run } });
      expect((await found.status()).result).toMatchObject({ value: { n: 3 }, model: "@cf/own" });
      expect(asked).toMatchObject([["@cf/own", { max_tokens: 50 }]]);
    }));

  it("fails when the server has no model any more", () =>
    inRegistry(async (bench) => {
      const run = await runSteps(bench, [step()]);
      expect((await run.status()).error).toContain("no language model any more");
    }));
});

describe("the tokens of a job", () => {
  const two = [step({ id: "one" }), step({ id: "two" })];

  it("are reserved before a model is asked", () =>
    inRegistry(async (bench) => {
      const found = await ask(bench, [says("x")], [step()], { budget: { ai_tokens: 52 } });
      expect([found.code, found.asked.length]).toEqual(["limit_exceeded", 0]);
      expect(found.error).toContain("budget.ai_tokens");
      expect((await ask(bench, [says("x")], [step()], { budget: { ai_tokens: 53 } })).status).toBe("succeeded");
    }));

  it("are those of all its steps", () =>
    inRegistry(async (bench) => {
      const found = await ask(bench, [says("x", 60)], two, { budget: { ai_tokens: 112 } });
      expect([found.code, found.asked.length]).toEqual(["limit_exceeded", 1]);
      expect((await ask(bench, [says("x", 60)], two, { budget: { ai_tokens: 120 } })).status).toBe("succeeded");
    }));

  it("that a model uses beyond what it may fail the step", () =>
    inRegistry(async (bench) => {
      const found = await ask(bench, [says("x", 5_000)], two, { budget: { ai_tokens: 1_000 } });
      expect([found.code, found.asked.length]).toEqual(["limit_exceeded", 1]);
    }));

  it("that nobody knows of count as used", () =>
    inRegistry(async (bench) => {
      const lost: Answer = () => Promise.reject(new TypeError("reset"));
      const found = await ask(bench, [lost, says("x")], [step()], { budget: { ai_tokens: 100 } });
      expect([found.code, found.asked.length]).toEqual(["limit_exceeded", 1]);
      const refused: Answer = () => new Response("no", { status: 503 });
      expect((await ask(bench, [refused, says("x")], [step()], { budget: { ai_tokens: 100 } })).status).toBe(
        "succeeded",
      );
    }));

  it("are remembered over a death of the process", () =>
    inRegistry(async (bench) => {
      const { model, asked } = scriptedModel([says("x", 60)]);
      let deaths = 0;
      const fetch = async () => {
        deaths += 1;
        if (deaths === 1) throw new Crash();
        return new Response("");
      };
      const dies = { id: "dies", type: "http", url: "https://example.com/" };
      const steps = [step({ id: "one" }), dies, step({ id: "two" })];
      const job = await runSteps(bench, steps, { model, fetch, budget: { ai_tokens: 112 } });
      await job.resume(new RecordingStep());
      expect([deaths, asked.length, (await job.status()).error_code]).toEqual([2, 1, "limit_exceeded"]);
    }));

  it("are never too many, however many rows ask at once", () =>
    inRegistry(async (bench) => {
      const rows = {
        id: "rows",
        type: "map",
        over: Array(20).fill(1),
        concurrency: 20,
        on_error: "continue",
        steps: [step()],
      };
      const found = await ask(bench, [says("x", 53)], [rows], { budget: { ai_tokens: 530 } });
      expect(found.asked).toHaveLength(10);
    }));
});

describe("the tokens of a tenant's day", () => {
  const settings = { tokensPerDay: 100 };

  it.each([
    { when: "before the model is asked", at: 1 },
    { when: "when its answer is there", at: 3 },
  ])("that cannot be counted $when cost no answer and no room of the budget", ({ at }) =>
    inRegistry(async (bench) => {
      const real = bench.caller.useStore.bind(bench.caller);
      let calls = 0;
      const broken: typeof real = (...args) => {
        calls += 1;
        return calls === at ? Promise.reject(new Error("the object moved")) : real(...args);
      };
      const caller = new Proxy(bench.caller, {
        get: (of, name) => (name === "useStore" ? broken : Reflect.get(of, name)),
      });
      const found = await ask({ ...bench, caller }, [says("x", 53)], [step()], { settings, budget: { ai_tokens: 53 } });
      expect(found.status).toBe("succeeded");
      expect(found.asked).toHaveLength(1);
    }),
  );

  it("end at AI_TOKENS_PER_DAY, over all jobs, and begin anew the next day", () =>
    inRegistry(async (bench) => {
      expect((await ask(bench, [says("x", 60)], [step()], { settings })).status).toBe("succeeded");
      const second = await ask(bench, [says("x", 60)], [step()], { settings });
      expect([second.code, second.asked.length]).toEqual(["limit_exceeded", 0]);
      expect(second.error).toContain("AI_TOKENS_PER_DAY");
      bench.clock.now += 86_400_000;
      expect((await ask(bench, [says("x", 60)], [step()], { settings })).status).toBe("succeeded");
    }));

  it("count what was used, not what was reserved", () =>
    inRegistry(async (bench) => {
      for (const _ of [1, 2, 3, 4]) {
        expect((await ask(bench, [says("x", 10)], [step()], { settings })).status).toBe("succeeded");
      }
    }));

  it("are counted where no store step can write", () =>
    inRegistry(async (bench) => {
      await ask(bench, [says("x", 60)], [step()], { settings });
      const keys = bench.storage.sql.exec<{ key: string }>("SELECT key FROM store_entries").toArray();
      expect(keys).toHaveLength(1);
      const key = keys[0]?.key ?? "";
      const run = await runSteps(bench, [{ id: "w", type: "store", key: "{% $input.key %}", value: 0 }], {
        input: { key },
      });
      expect((await run.status()).error_code).toBe("store_request");
      expect(await bench.caller.useStore(CALLER, key, null)).toMatchObject({ value: { value: 60 } });
    }));

  it("are right when twenty rows ask at once", () =>
    inRegistry(async (bench) => {
      const rows = {
        id: "rows",
        type: "map",
        over: Array(20).fill(1),
        concurrency: 20,
        on_error: "continue",
        steps: [step()],
      };
      const found = await ask(bench, [says("x", 53)], [rows], { settings: { tokensPerDay: 530 } });
      expect(found.asked).toHaveLength(10);
    }));
});
