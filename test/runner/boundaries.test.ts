import { afterEach, expect, it, vi } from "vitest";
import { egress } from "../../src/egress/egress.ts";
import { type Json, jsonBytes } from "../../src/lib/json.ts";
import { MAX_JOB_TIMEOUT_MS } from "../../src/limits.ts";
import { aListQuery, CALLER, inRegistry } from "../registry/bench.ts";
import { atBound, nestedLists } from "../support/boundaries.ts";
import { HOME } from "../support/home-deployment.ts";
import { json, RecordingStep, type RunOptions, runSteps, scripted } from "./bench.ts";

afterEach(() => vi.restoreAllMocks());

/** The error of a job of these steps, with its code; undefined when it succeeded. It must have settled. */
async function failureOf(steps: Json[], options: RunOptions = {}): Promise<string | undefined> {
  let found: string | undefined;
  await inRegistry(async (bench) => {
    const run = await runSteps(bench, steps, options);
    const { status, error_code, error } = await run.status();
    expect(["succeeded", "failed"]).toContain(status);
    found = status === "failed" ? `${error_code} ${error}` : undefined;
  });
  return found;
}

const letters = (count: number): string => "a".repeat(count);
const get = (more: { [field: string]: Json } = {}): Json => {
  return { id: "get", type: "http", url: "https://example.com/", retry: { limit: 0 }, ...more };
};
const textOf = (chars: number) => () => new Response(letters(chars));

atBound("DEFAULT_HTTP_BYTES", {
  of: "an answer",
  refusal: /^http_too_large Step get: The body is larger than 262144 bytes\. Raise max_bytes/,
  attempt: (bytes) => failureOf([get()], { fetch: scripted(textOf(bytes)).fetch }),
});

const emptyOutput = {
  ...{ status: 200, headers: { "content-type": "text/plain;charset=UTF-8" } },
  ...{ body: "", bytes: 500_000, url: "https://example.com/" },
};
atBound("MAX_OUTPUT_BYTES", {
  of: "an acting step",
  refusal: /^output_too_large Step get: The output has 524289 bytes, the most is 524288\. Ask for less/,
  attempt: (bytes) => {
    const { fetch } = scripted(textOf(bytes - jsonBytes(emptyOutput)));
    return failureOf([get({ max_bytes: 524_288 })], { fetch, output: "short" });
  },
});

atBound("MAX_WORK_INPUT_BYTES", {
  of: "what a worker is given",
  refusal: /^limit_exceeded Step work: input came out as 65537 bytes of JSON, the most that a worker is given is 65536/,
  attempt: async (bytes) => {
    let found: string | undefined;
    await inRegistry(async (bench) => {
      const step = new RecordingStep();
      step.whileWaiting = async () => {
        const asked = { queues: ["q"], max: 1, room_bytes: 1, worker: null };
        const [held] = await bench.workers.claimWork(CALLER, asked, 0);
        if (held !== undefined) await bench.workers.reportWork(CALLER, held, { action: "complete", output: 1 });
      };
      const work = { id: "work", type: "worker", queue: "q", input: "{% $input.text %}" };
      const run = await runSteps(bench, [work], { step, input: { text: letters(bytes - 2) } });
      const { status, error_code, error } = await run.status();
      found = status === "failed" ? `${error_code} ${error}` : undefined;
    });
    return found;
  },
});

atBound("MAX_OUTPUT_BYTES", {
  of: "a job's result",
  refusal: /^output_too_large The result has 524289 bytes, the most is 524288\. Return less/,
  attempt: async (bytes) => {
    let found: string | undefined;
    await inRegistry(async ({ submit, runner, caller, ref }) => {
      const { id } = await submit();
      await runner.start(ref(id));
      await runner.settle(ref(id), { name: "succeeded", output: letters(bytes - 2) }, []);
      const job = await caller.status(CALLER, id, { steps: false, events: false });
      if (!job.ok) throw new Error("the job is gone");
      found = job.value.status === "failed" ? `${job.value.error_code} ${job.value.error}` : undefined;
    });
    return found;
  },
});

const ROWS = 128;
const ROW_BYTES = 131_072;
atBound("MAX_ROWS_BYTES", {
  of: "a map",
  refusal: /^output_too_large Step all: The outputs together are larger than 16777216 bytes\. End each row/,
  attempt: (bytes) => {
    const last = letters(bytes - (ROWS - 1) * ROW_BYTES - 2);
    const say = { id: "say", type: "transform", value: `{% $index = ${ROWS - 1} ? $input.last : $input.row %}` };
    const all = { id: "all", type: "map", over: `{% [1..${ROWS}] %}`, steps: [say] };
    return failureOf([all], { input: { row: letters(ROW_BYTES - 2), last }, output: "short" });
  },
});

atBound("MAX_MAP_ITEMS", {
  of: "a map over an expression",
  refusal: /^too_many_items Step all: over has 1001 items, max_items is 1000\. Take fewer/,
  attempt: (items) => {
    const all = {
      id: "all",
      type: "map",
      over: `{% [1..${items}] %}`,
      steps: [{ id: "a", type: "transform", value: 1 }],
    };
    return failureOf([all]);
  },
});

atBound("MAX_EVALUATION_DEPTH", {
  of: "an answer",
  refusal: /^http_too_deep Step get: The body nests more than 200 levels deep\. Ask the service/,
  attempt: (levels) => failureOf([get()], { fetch: scripted(json(JSON.parse(nestedLists(levels)))).fetch }),
});

it("an answer that is nested without end fails its step once, and quickly", async () => {
  const endless = () => new Response(nestedLists(120_000), { headers: { "content-type": "application/json" } });
  const { fetch, sent } = scripted(endless);
  expect(await failureOf([get({ retry: { limit: 3 } })], { fetch, secrets: { A: "secret" } })).toContain(
    "http_too_deep",
  );
  expect(sent).toHaveLength(1);
});

atBound("MAX_REQUEST_URL_CHARS", {
  of: "a request",
  refusal: /^http_request Step get: url with its query has more than 16384 characters; send a body instead/,
  attempt: (chars) => {
    const input = { q: letters(chars - "https://example.com/?q=".length) };
    return failureOf([get({ query: { q: "{% $input.q %}" } })], { input, fetch: scripted(json({})).fetch });
  },
});

atBound("MAX_SLEEP_MS", {
  of: "a sleep that is computed",
  refusal: /^limit_exceeded Step nap: for: a sleep is at most 365 days/,
  attempt: (ms) =>
    failureOf([{ id: "nap", type: "sleep", for: "{% $input.for %}" }], {
      input: { for: `${ms / 1_000} seconds` },
      timeoutMs: MAX_JOB_TIMEOUT_MS,
    }),
  step: 1_000,
});

atBound("MAX_QUESTION_BYTES", {
  of: "a question",
  refusal: /^input_message Step ask: message came out longer than 2048 bytes\. Ask with the gist/,
  attempt: async (bytes) => {
    let found: string | undefined;
    await inRegistry(async (bench) => {
      const ask = { id: "ask", type: "input", message: "{% $input.m %}", schema: { type: "object" } };
      const step = new RecordingStep();
      step.whileWaiting = async () => {
        const { jobs } = await bench.caller.list(CALLER, aListQuery());
        const answer = { request_id: "ask", action: "decline" as const, content: null };
        await bench.caller.respond(CALLER, jobs[0]?.id ?? "", answer);
      };
      const run = await runSteps(bench, [ask], { input: { m: letters(bytes) }, step });
      const { status, error, error_code } = await run.status();
      expect(["succeeded", "failed"]).toContain(status);
      found = status === "failed" ? `${error_code} ${error}` : undefined;
    });
    return found;
  },
});

atBound("MAX_REDIRECTS", {
  of: "a request",
  refusal: /^more than 5 redirects$/,
  attempt: async (hops) => {
    let left = hops;
    vi.spyOn(globalThis, "fetch").mockImplementation(async () => {
      const next = { status: 302, headers: { location: `/${left}` } };
      return left-- > 0 ? new Response(null, next) : new Response("end");
    });
    const send = egress({ allow: [], home: HOME });
    return send("https://example.com/").then(
      () => undefined,
      (error: Error) => error.message,
    );
  },
});

atBound("MAX_ERROR_BODY_BYTES", {
  of: "an answer that a blueprint goes on from",
  refusal: /^nothing$/,
  attempt: async (bytes) => {
    let found: string | undefined;
    await inRegistry(async (bench) => {
      const { fetch } = scripted(() => new Response(letters(bytes - 2), { status: 404 }));
      const run = await runSteps(bench, [get({ on_error: "continue" })], {
        fetch,
        output: "{% $exists($steps.get.error.body) ? 'all' : 'nothing' %}",
      });
      const { result } = await run.status();
      found = result?.value === "all" ? undefined : String(result?.value);
    });
    return found;
  },
});
