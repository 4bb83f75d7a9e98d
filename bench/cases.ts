import { ask, callTool } from "./client.ts";
import { type Load, type Path, parseAnswer } from "./load/load.ts";
import { bodyOf, ERAS, type Era, headersOf, type Message, toolCall } from "./mcp.ts";

/** What is measured: one request each. The first of each group is the limit that the others are compared with. */
export interface Case extends Pick<Load, "origin" | "path" | "headers" | "body" | "numberAt" | "expect"> {
  name: string;
  /** Name of the case that bounds it. */
  limit: string;
  /** Another's, without a goal of ours. */
  isContext?: true;
}

const JSON_ONLY = { "content-type": "application/json" };

/** So far away that the engine is no part of it. */
const LATER_MS = 30 * 86_400_000;
/** Of one step, as small as blueprints are. */
const BLUEPRINT = { name: "bench", steps: [{ id: "one", type: "sleep", for: "1 second" }] };
const submitAt = (runAt: string) => ({
  blueprint: BLUEPRINT,
  input: { n: 1 },
  metadata: { bench: true },
  run_at: runAt,
});

const STRUCTURED: Path = ["result", "structuredContent"];

/** By name: what must stand in each answer. */
const LIMITS: Record<string, Load["expect"]> = {
  echo: [],
  read: [[["row", "id"], "first"]],
  read50: [[["rows", "length"], 50]],
  insert: [[["row", "id", "length"], 36]],
};

export const limitCases = (origin: string): Case[] =>
  Object.entries(LIMITS).map(([name, expect]) => ({
    ...{ name, limit: name, origin, path: `/${name}`, headers: JSON_ONLY, body: ['{"n":', "}"], numberAt: ["n"] },
    expect,
  }));

/** An echo as long as an answer of the server is. */
const echoOf = (origin: string, name: string, chars: number): Case => ({
  ...{ name, limit: name, origin, path: `/echo?chars=${chars}`, headers: JSON_ONLY, body: ['{"n":', "}"] },
  numberAt: ["n"],
  expect: [],
});

interface McpCase {
  name: string;
  limit: string;
  message: Message;
  expect: Load["expect"];
}

function mcpCase(
  origin: string,
  path: string,
  era: Era,
  { name, limit, message, expect }: McpCase,
  key?: string,
): Case {
  return {
    ...{ name: `${name}_${era}`, limit, origin, path, expect, numberAt: ["id"] },
    headers: headersOf(era, message, key),
    body: bodyOf(era, message),
  };
}

const inBothEras = (make: (era: Era) => Case[]): Case[] => ERAS.flatMap(make);

/** The jobs that the cases ask for: one that waits for its time, one that has settled, and enough for a page. */
async function seed(origin: string, key: string, args: object): Promise<{ waiting: string; settled: string }> {
  const submit = (args: object) => callTool<{ id: string }>(origin, key, "jobs_submit_blueprint", args);
  const blueprint = { name: "at-once", steps: [{ id: "one", type: "transform", value: { n: 1 } }] };
  const { id: settled } = await submit({ blueprint, wait_seconds: 30 });
  const [first] = await Promise.all(Array.from({ length: 60 }, () => submit(args)));
  return { waiting: first?.id ?? "", settled };
}

/** What is the same for everybody, with a part of the answer that says that it is that one. */
const STATIC: readonly { name: string; eras: readonly Era[]; message: Message; at: Path }[] = [
  { name: "tools_list", eras: ERAS, message: { method: "tools/list", params: {} }, at: ["result", "tools", "length"] },
  {
    ...{ name: "prompts_list", eras: ERAS, message: { method: "prompts/list", params: {} } },
    at: ["result", "prompts", "length"],
  },
  {
    ...{ name: "discover", eras: ["2026"], message: { method: "server/discover", params: {} } },
    at: ["result", "supportedVersions", 0],
  },
  {
    name: "initialize",
    eras: ["2025"],
    message: {
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "1.0.0" } },
    },
    at: ["result", "protocolVersion"],
  },
];

const valueAt = (answer: unknown, path: Path): unknown =>
  path.reduce<unknown>((found, key) => (found as { [key: string]: unknown } | undefined)?.[key], answer);

/** Each with its limit: an echo of as many bytes. @param bare origin of the limits */
export async function staticCases(origin: string, bare: string, key: string): Promise<Case[]> {
  const pairs = STATIC.flatMap(({ eras, ...each }) =>
    eras.map(async (era) => {
      const text = await ask(origin, key, era, each.message);
      const expected = valueAt(parseAnswer(text), each.at);
      if (expected === undefined) throw new Error(`${each.name}: ${text.slice(0, 600)}`);
      const limit = `echo_${each.name}_${era}`;
      const made = mcpCase(origin, "/mcp", era, { ...each, limit, expect: [[each.at, expected]] }, key);
      return [echoOf(bare, limit, text.length), made];
    }),
  );
  return (await Promise.all(pairs)).flat();
}

/** @param now epoch ms */
export async function serverCases(origin: string, key: string, now: number): Promise<Case[]> {
  const submission = submitAt(new Date(now + LATER_MS).toISOString());
  const { waiting, settled } = await seed(origin, key, submission);
  const wait = { job_ids: [settled], timeout_seconds: 20 };
  const cases: McpCase[] = [
    {
      ...{ name: "status", limit: "read", message: toolCall("jobs_get_status", { job_id: waiting }) },
      expect: [
        [[...STRUCTURED, "id"], waiting],
        [[...STRUCTURED, "status"], "queued"],
      ],
    },
    {
      ...{ name: "submit", limit: "insert", message: toolCall("jobs_submit_blueprint", submission) },
      expect: [
        [[...STRUCTURED, "deduplicated"], false],
        [[...STRUCTURED, "id", "length"], waiting.length],
      ],
    },
    {
      ...{ name: "list50", limit: "read50", message: toolCall("jobs_list", { limit: 50 }) },
      expect: [[[...STRUCTURED, "jobs", "length"], 50]],
    },
    {
      ...{ name: "wait_settled", limit: "read", message: toolCall("jobs_wait", wait) },
      expect: [
        [[...STRUCTURED, "jobs", 0, "status"], "succeeded"],
        [[...STRUCTURED, "timed_out"], false],
      ],
    },
  ];
  return cases.flatMap((each) => inBothEras((era) => [mcpCase(origin, "/mcp", era, each, key)]));
}

/** The handlers as their guides show them, over the same bare object, without auth. */
export const stockCases = (origin: string): Case[] =>
  ["agents", "sdk"].flatMap((handler) =>
    inBothEras((era) => [
      mcpCase(origin, `/${handler}`, era, {
        ...{ name: `${handler}_read`, limit: "read", message: toolCall("read", { id: "first" }) },
        expect: [[[...STRUCTURED, "id"], "first"]],
      }),
      mcpCase(origin, `/${handler}`, era, {
        ...{ name: `${handler}_insert`, limit: "insert", message: toolCall("insert", {}) },
        expect: [[[...STRUCTURED, "id", "length"], 36]],
      }),
    ]),
  );
