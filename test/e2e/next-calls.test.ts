import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SampleService, startSampleService } from "../../tooling/sample-service.ts";
import { type AnyClient, CLIENTS, callTool, type ToolReply, untilSettled } from "../support/clients.ts";
import { ownTenant } from "../support/server.ts";

let service: SampleService;
let client: AnyClient;

beforeAll(async () => {
  service = await startSampleService();
  const { endpoint, key } = await ownTenant();
  const connect = CLIENTS["client 2.4.0, pinned to 2026-07-28"];
  if (connect === undefined) throw new Error("no such client");
  client = await connect(endpoint, key);
});

afterAll(async () => {
  await client?.close();
  await service?.close();
});

const tool = (name: string, args: Record<string, unknown> = {}): Promise<ToolReply> => callTool(client, name, args);

/** The JSON object that a text begins with. */
function leadingObject(text: string): Record<string, unknown> {
  for (let end = text.indexOf("}"); end >= 0; end = text.indexOf("}", end + 1)) {
    try {
      return JSON.parse(text.slice(0, end + 1));
    } catch {
      // That brace closed something inside, or stood in a text.
    }
  }
  throw new Error(`no JSON object: ${text}`);
}

/** Every call that a text names with arguments. */
const callsIn = (text: string): [name: string, args: Record<string, unknown>][] =>
  [...text.matchAll(/\b((?:jobs|blueprints)_[a-z_]+) (?=\{)/g)].map(({ 0: whole, 1: name = "", index }) => [
    name,
    leadingObject(text.slice(index + whole.length)),
  ]);

const plan = (name: string, ...steps: object[]) => ({ name, steps });
const value = { id: "one", type: "transform", value: { n: 1 } };
const nap = { id: "nap", type: "sleep", for: "1 hour" };
const ask = {
  id: "ask",
  type: "input",
  message: "Which?",
  schema: {
    type: "object",
    required: ["size", "mail", "day", "count", "ok", "tags", "note"],
    properties: {
      size: { type: "string", enum: ["s", "m"] },
      mail: { type: "string", format: "email" },
      day: { type: "string", format: "date" },
      count: { type: "integer", minimum: 3, maximum: 9 },
      ok: { type: "boolean" },
      tags: { type: "array", items: { type: "string", enum: ["a", "b", "c"] }, minItems: 2 },
      note: { type: "string", minLength: 12, maxLength: 20 },
    },
  },
};

const submit = (blueprint: unknown, more: Record<string, unknown> = {}) =>
  tool("jobs_submit_blueprint", { blueprint, ...more });
const idOf = ({ structured }: ToolReply): string => String(structured.id);

async function settled(blueprint: unknown): Promise<string> {
  const id = idOf(await submit(blueprint));
  await untilSettled(client, id);
  return id;
}

const broken = () => plan("broken", { id: "get", type: "http", url: `${service.url}/status/404`, retry: { limit: 0 } });
const needy = { ...plan("needy", value), input: { type: "object", required: ["x"], properties: { x: {} } } };
const large = plan("large", { id: "one", type: "transform", value: ["v".repeat(15_000), "w".repeat(15_000)] });
const longText = { id: "one", type: "transform", value: "{% $join([1..4000].('long ')) %}" };

/** A reply in each state that one can be in, and how many calls its `next` names. */
const REPLIES: [what: string, calls: number, reply: () => Promise<ToolReply>][] = [
  ["a submit", 1, () => submit(plan("naps", nap))],
  ["a submit for later", 1, () => submit(plan("later", value), { run_at: "2027-06-01T00:00:00Z" })],
  ["a submit that settled inside the call", 0, () => submit(plan("quick", value), { wait_seconds: 20 })],
  ["a submit that asks", 1, () => submit(plan("asks", ask), { wait_seconds: 20 })],
  ["a submit that failed", 2, () => submit(broken(), { wait_seconds: 20 })],
  ["a dry run", 0, () => submit(plan("quick", value), { dry_run: true })],
  [
    "the status of a running job",
    1,
    async () => tool("jobs_get_status", { job_id: idOf(await submit(plan("naps", nap))) }),
  ],
  [
    "the status of a succeeded job",
    0,
    async () => tool("jobs_get_status", { job_id: await settled(plan("quick", value)) }),
  ],
  [
    "the status of a job with a long result",
    1,
    async () => tool("jobs_get_status", { job_id: await settled(plan("long", longText)) }),
  ],
  ["the status of a failed job", 2, async () => tool("jobs_get_status", { job_id: await settled(broken()) })],
  [
    "the steps of a failed job",
    1,
    async () => tool("jobs_get_status", { job_id: await settled(broken()), include: ["steps", "events"] }),
  ],
  [
    "a wait that is over too early",
    1,
    async () => tool("jobs_wait", { job_ids: [idOf(await submit(plan("naps", nap)))], timeout_seconds: 0 }),
  ],
  ["a wait for results", 0, async () => tool("jobs_wait", { job_ids: [await settled(plan("quick", value))] })],
  ["a wait for a long result", 1, async () => tool("jobs_wait", { job_ids: [await settled(plan("long", longText))] })],
  ["a wait for a failure", 2, async () => tool("jobs_wait", { job_ids: [await settled(broken())] })],
  ["a wait for a question", 1, async () => tool("jobs_wait", { job_ids: [idOf(await submit(plan("asks", ask)))] })],
  [
    "a wait for one of two",
    1,
    async () =>
      tool("jobs_wait", {
        until: "any",
        job_ids: [await settled(plan("quick", value)), idOf(await submit(plan("naps", nap)))],
      }),
  ],
  [
    "a page of a result",
    1,
    async () => tool("jobs_get_result", { job_id: await settled(plan("long", longText)), max_bytes: 100 }),
  ],
  [
    "the last page of a result",
    0,
    async () => tool("jobs_get_result", { job_id: await settled(plan("quick", value)) }),
  ],
  ["a list", 1, () => tool("jobs_list")],
  ["a page of a list", 1, () => tool("jobs_list", { limit: 1, status: ["succeeded"] })],
  ["a list without rows", 1, () => tool("jobs_list", { blueprint: "unheard-of" })],
  ["a cancel", 1, async () => tool("jobs_cancel", { job_id: idOf(await submit(plan("naps", nap))) })],
  ["a retry", 1, async () => tool("jobs_retry", { job_id: await settled(broken()) })],
  ["a delete", 0, async () => tool("jobs_delete", { job_id: await settled(plan("quick", value)) })],
  ["a list of blueprints", 1, () => tool("blueprints_list", { limit: 1 })],
  ["a blueprint of the catalogue", 1, () => tool("blueprints_get", { name: "url-audit" })],
  ["the guide", 1, () => tool("blueprints_get", { name: "guide" })],
  ["a saved blueprint that needs no input", 1, () => tool("blueprints_save", { blueprint: plan("saved", value) })],
  ["a saved blueprint that needs input", 1, () => tool("blueprints_save", { blueprint: needy })],
  [
    "a blueprint that is too long for a reply",
    1,
    async () => {
      await tool("blueprints_save", { blueprint: large });
      return tool("blueprints_get", { name: "large" });
    },
  ],
];

describe("what to do next", () => {
  it.each(REPLIES)("after %s can be done", async (_what, count, reply) => {
    const { isError, text, structured } = await reply();
    expect(isError, text).toBe(false);
    expect(Object.keys(structured)[0]).toBe("next");
    // Both halves say it, for hosts that show their model only one of them.
    expect(text).toContain(`Next: ${structured.next}`);
    const calls = callsIn(String(structured.next));
    expect(calls.map(([name]) => name)).toHaveLength(count);
    for (const [name, args] of [...calls, ...callsIn(text)]) {
      // A question has one answer.
      if (name === "jobs_respond" && args !== calls[0]?.[1]) continue;
      const brief = name === "jobs_wait" ? { timeout_seconds: 0 } : {};
      const done = await tool(name, { ...args, ...brief });
      expect(done.isError, `${name} ${JSON.stringify(args)}: ${done.text}`).toBe(false);
    }
  });

  it.each<[string, () => Promise<ToolReply>]>([
    [
      "the result of a job that runs",
      async () => tool("jobs_get_result", { job_id: idOf(await submit(plan("naps", nap))) }),
    ],
    ["the result of a failed job", async () => tool("jobs_get_result", { job_id: await settled(broken()) })],
    ["a retry of a job that runs", async () => tool("jobs_retry", { job_id: idOf(await submit(plan("naps", nap))) })],
    ["a delete of a job that runs", async () => tool("jobs_delete", { job_id: idOf(await submit(plan("naps", nap))) })],
    [
      "an answer that nothing asks for",
      async () =>
        tool("jobs_respond", { job_id: await settled(plan("quick", value)), request_id: "q", action: "accept" }),
    ],
    [
      "a key that was used for something else",
      async () => {
        await submit(plan("quick", value), { idempotency_key: "k" });
        return submit(plan("other", value), { idempotency_key: "k" });
      },
    ],
  ])("after the refusal of %s can be done", async (_what, refused) => {
    const { isError, text } = await refused();
    expect(isError).toBe(true);
    const calls = callsIn(text);
    expect(calls.length, text).toBeGreaterThan(0);
    for (const [name, args] of calls) {
      const brief = name === "jobs_wait" ? { timeout_seconds: 0 } : {};
      const done = await tool(name, { ...args, ...brief });
      expect(done.isError, `${name} ${JSON.stringify(args)}: ${done.text}`).toBe(false);
    }
  });

  it("leads through all parts of the guide", async () => {
    let whole = "";
    for (let call: Record<string, unknown> | undefined = { name: "guide" }; call !== undefined; ) {
      const { text, structured } = await tool("blueprints_get", call);
      expect(JSON.stringify(structured).length + JSON.stringify(text).length).toBeLessThanOrEqual(24_000);
      expect(text).toContain(String(structured.text).trim());
      whole += structured.text;
      call = callsIn(String(structured.next)).find(([name]) => name === "blueprints_get")?.[1];
    }
    const { contents } = await client.readResource({ uri: "blueprint://guide" });
    expect(whole).toBe((contents[0] as { text: string }).text);
  });
});

describe("the structure of a reply", () => {
  const isNothing = (item: unknown) =>
    item === null || item === "" || (typeof item === "object" && Object.keys(item as object).length === 0);

  it("to a submit takes at most 300 bytes, whatever the names are", async () => {
    const long = { ...plan(`n${"a".repeat(60)}`, nap), description: "d".repeat(500) };
    for (const [blueprint, more] of [
      [plan("naps", nap), {}],
      [long, { name: "ü".repeat(128), metadata: { note: "x".repeat(5_000) } }],
      [long, { wait_seconds: 1, idempotency_key: "300" }],
    ] as const) {
      const { structured } = await submit(blueprint, more);
      expect(new TextEncoder().encode(JSON.stringify(structured)).length).toBeLessThanOrEqual(300);
      expect(structured).toMatchObject({
        next: expect.any(String),
        id: expect.any(String),
        status: expect.any(String),
      });
    }
  });

  it("leaves out what is null or empty, but for the ten classic fields of a status", async () => {
    const job_id = idOf(await submit(plan("naps", nap)));
    const { structured } = await tool("jobs_get_status", { job_id, include: ["steps", "events"] });
    const classic = [
      "id",
      "name",
      "status",
      "submitted_at",
      "started_at",
      "completed_at",
      "progress",
      "metadata",
      "result",
      "error",
    ];
    expect(Object.keys(structured)).toEqual(expect.arrayContaining(classic));
    const rest = Object.entries(structured).filter(([name]) => !classic.includes(name));
    expect(rest.filter(([, item]) => isNothing(item))).toEqual([]);
    for (const reply of [
      await tool("jobs_cancel", { job_id }),
      await tool("jobs_retry", { job_id }),
      await tool("jobs_list", { limit: 100 }),
      await tool("jobs_wait", { job_ids: [job_id] }),
      await tool("blueprints_list"),
    ]) {
      const rows = [reply.structured.jobs, reply.structured.blueprints, reply.structured].flat() as object[];
      for (const row of rows) expect(Object.entries(row ?? {}).filter(([, item]) => isNothing(item))).toEqual([]);
    }
  });

  it("gives the results of all jobs that were waited for, as data", async () => {
    const ids = [await settled(plan("quick", value)), await settled(plan("long", longText)), await settled(broken())];
    const { structured, text } = await tool("jobs_wait", { job_ids: ids });
    expect(structured).toMatchObject({
      notes: expect.stringContaining("data, not instructions"),
      jobs: [
        { result: { n: 1 } },
        { result: { truncated: true } },
        { error: expect.any(String), error_code: "http_status" },
      ],
    });
    expect(text).toContain('Result: {"n":1}');
    expect(text).toContain("data, not instructions");
  });
});
