import fc from "fast-check";
import { expect, it } from "vitest";
import { encodeClaim } from "../../src/jobs/claim.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { visible, withoutEmpty } from "../../src/mcp/replies/structure.ts";
import { TOOLS } from "../../src/mcp/tools/index.ts";
import type { SavedTrigger } from "../../src/registry/api/trigger-calls.ts";
import { ROUTES } from "../../src/rest/routes/index.ts";
import { SaveTriggerInput } from "../../src/service/triggers/save-trigger.ts";
import { restCall } from "../../tooling/rest.ts";
import { callTool, NOW } from "../mcp/support.ts";
import { setting } from "../support/setting.ts";
import { api, jobIdOf, jobStatus, type World, world } from "./support.ts";

/** The same call by MCP and by REST, to two registries that are alike. */

const RUNNING = jobIdOf(1);
const DONE = jobIdOf(2);
const ASKING = jobIdOf(3);
const NOBODYS = jobIdOf(9);
const anId = fc.constantFrom(RUNNING, DONE, ASKING, NOBODYS, "no-id", "job_", "x\u200by");

const { rotate_url: _, ...DOCUMENT } = SaveTriggerInput.parse({
  name: "mine",
  blueprint: "double",
  schedule: { every: "1 hour" },
});
const TRIGGER: SavedTrigger = {
  document: DOCUMENT,
  ...{ version: 1, label: "double@1", saved_at: NOW, next_runs: [NOW], runs: 0, hook_id: null },
  ...{ last: null, watch_error: null, is_copy: false },
};

function peopled(): World {
  const w = world();
  const steps = [
    { id: "twice", type: "transform", status: "running", tries: 1, started_at: null, completed_at: null, error: null },
  ] as const;
  const events = [{ seq: 1, at: "2026-11-20T12:00:00.000Z", type: "accepted", step: null, message: null }] as const;
  const result = { pages: [{ title: "ä\u202e" }], n: 1 };
  const question = {
    request_id: "ask",
    step: "ask",
    message: "Go on?",
    schema: { type: "object" },
    expires_at: "2026-11-21T12:00:00.000Z",
  };
  const jobs = [
    jobStatus({ id: RUNNING, metadata: { env: "prod" }, steps: [...steps], events: [...events] }),
    jobStatus({ id: DONE, status: "succeeded", progress: 1, result, poll_after_ms: 0, name: "a\u202eb" }),
    jobStatus({ id: ASKING, status: "input_required", input_requests: [question] }),
  ];
  for (const job of jobs) w.registry.jobs.set(job.id, job);
  w.registry.triggers.set("mine", TRIGGER);
  return w;
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
/** Numbers about a bound, and what is none. Digits as text are a number in a query, and none in a tool's arguments. */
const number = (most: number) => fc.constantFrom<Json>(-1, 0, 1, 2, most - 1, most, most + 1, 1.5, "x");
const text = fc.constantFrom("", "a", "x".repeat(300), "\u200b", "é", "/pages/0/title", "/n", "/none", "a/b");
const object = fc.constantFrom<Json>({}, { n: 1 }, { env: "prod" }, { a: { b: [1] } }, { a: 1, b: 2, c: 3, d: 4 });
const status = fc.constantFrom<Json>("running", "succeeded", ["queued", "failed"], "none", ["running", "none"]);
const time = fc.constantFrom("2026-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "yesterday", "2030-01-01T00:00:00+01:00");
const plan = fc.constantFrom<Json>(
  "double",
  "double@1",
  "double@9",
  "nothing",
  { name: "p", steps: [{ id: "a", type: "transform", value: 1 }] },
  { name: "p", steps: [] },
  {
    name: "p",
    steps: [
      { id: "a", type: "none" },
      { id: "a", type: "sleep" },
    ],
  },
);

const claimOf = (job_id: string): string => encodeClaim({ job_id, path: "render", token: 1 });

/** Arguments of each operation. What a query cannot say otherwise than as text is not drawn for those of GET. */
const ARGUMENTS: Record<string, Record<string, fc.Arbitrary<Json | undefined>>> = {
  jobs_submit_blueprint: {
    blueprint: plan,
    input: maybe(object),
    name: maybe(text),
    metadata: maybe(object),
    idempotency_key: maybe(text),
    run_at: maybe(time),
    timeout_seconds: maybe(number(31_536_000)),
    dry_run: maybe(fc.constantFrom<Json>(true, false, "true")),
    more: maybe(text),
  },
  jobs_get_status: {
    job_id: anId,
    include: maybe(fc.constantFrom<Json>([], ["steps"], ["steps", "events"], "events", ["none"])),
  },
  jobs_wait: {
    job_ids: fc.constantFrom<Json>([DONE], [RUNNING, ASKING], [NOBODYS, DONE], [], "x"),
    until: maybe(fc.constantFrom("any", "all", "none")),
    timeout_seconds: maybe(number(50)),
  },
  jobs_get_result: { job_id: anId, pointer: maybe(text), offset: maybe(number(4)), max_bytes: maybe(number(10_240)) },
  jobs_list: {
    status: maybe(status),
    blueprint: maybe(fc.constantFrom("double", "double@2", "inline", "none", "x".repeat(300))),
    metadata: maybe(object),
    submitted_after: maybe(time),
    limit: maybe(number(100)),
    cursor: maybe(fc.constantFrom("x", "x.y", "é")),
    more: maybe(text),
  },
  jobs_cancel: { job_id: anId, reason: maybe(text) },
  jobs_retry: { job_id: anId, from_step: maybe(text), input: maybe(object), blueprint: maybe(plan) },
  jobs_respond: {
    job_id: anId,
    request_id: text,
    action: fc.constantFrom("accept", "decline", "cancel"),
    content: maybe(object),
  },
  jobs_delete: { job_id: anId },
  blueprints_list: { limit: maybe(number(100)), cursor: maybe(fc.constantFrom("x", "x.y")) },
  blueprints_get: {
    name: fc.constantFrom("double", "nothing", "Double", "double@1", "x".repeat(300)),
    version: maybe(number(3)),
  },
  blueprints_save: { blueprint: plan.filter((drawn) => typeof drawn === "object") },
  blueprints_delete: { name: fc.constantFrom("double", "p", "x".repeat(300)), version: maybe(number(3)) },
  triggers_list: {
    name: maybe(fc.constantFrom("mine", "nobodys", "No Name")),
    limit: maybe(number(100)),
    cursor: maybe(fc.constantFrom("x", "x.y")),
  },
  triggers_save: {
    name: fc.constantFrom("mine", "other", "No Name"),
    blueprint: plan,
    input: maybe(object),
    schedule: maybe(fc.constantFrom<Json>({ every: "1 hour" }, { cron: "0 8 * * *" }, { cron: "61 * * * *" }, {})),
    webhook: maybe(fc.constantFrom<Json>({ verify: null }, {})),
    when: maybe(fc.constantFrom("{% $event.n > 1 %}", "{% + %}")),
    paused: maybe(fc.constantFrom<Json>(true, false, "x")),
  },
  triggers_fire: { name: fc.constantFrom("mine", "nobodys", "No Name"), from: maybe(time), to: maybe(time) },
  triggers_delete: { name: fc.constantFrom("mine", "nobodys", "No Name") },
  events_read: {
    names: maybe(fc.constantFrom<Json>(["job.settled"], ["job.input_required", "a.b"], [], ["No Name"])),
    status: maybe(fc.constantFrom("failed", "none")),
    job_id: maybe(anId),
    cursor: maybe(fc.constantFrom("ev1_0", "ev1_1", "x")),
    limit: maybe(number(100)),
    wait_seconds: maybe(fc.constantFrom<Json>(0, -1, 51)),
  },
  jobs_stats: {
    period: maybe(fc.constantFrom("6 hours", "1 day", "1 year", "soon")),
    group_by: maybe(fc.constantFrom("blueprint", "trigger", "status", "error", "time", "none")),
  },
  jobs_bulk: {
    action: fc.constantFrom("cancel", "retry", "delete", "none"),
    where: fc.constantFrom<Json>({}, { status: "running" }, { status: "none" }, { text: "a" }, { more: 1 }),
    patch: maybe(fc.constantFrom<Json>({ input: { n: 1 } }, { blueprint: "double" }, { blueprint: "nothing" })),
    per_minute: maybe(number(60)),
    dry_run: maybe(fc.constantFrom<Json>(true, false, "x")),
  },
  work_claim: {
    queues: fc.constantFrom<Json>(["frames"], ["others"], ["frames", "others"], [], ["No Name"]),
    max: maybe(number(20)),
    wait_seconds: maybe(fc.constantFrom<Json>(0, -1, 51)),
    worker: maybe(text),
  },
  work_report: {
    claim: fc.constantFrom(...[RUNNING, NOBODYS].map(claimOf), "x"),
    action: fc.constantFrom("heartbeat", "complete", "fail", "release", "none"),
    output: maybe(object),
    error: maybe(fc.constantFrom<Json>({ message: "no" }, { message: "" }, { message: "no", code: "No Code" })),
    progress: maybe(fc.constantFrom<Json>({ done: 1, total: 2 }, { done: 3, total: 2 }, { done: -1 })),
  },
};

const calls = fc
  .constantFrom(...Object.entries(ARGUMENTS))
  .chain(([tool, fields]) => fc.tuple(fc.constant(tool), fc.record(fields)))
  .map(([tool, fields]) => {
    const given = Object.entries(fields).flatMap(([name, value]): [string, Json][] =>
      value === undefined ? [] : [[name, value]],
    );
    return { tool, args: Object.fromEntries(given) as JsonObject };
  });

/** One that is answered and one that is refused, whatever the seed draws. */
const EXAMPLES: { tool: string; args: JsonObject }[] = [
  { tool: "jobs_submit_blueprint", args: { blueprint: "double", input: { n: 1 } } },
  { tool: "jobs_submit_blueprint", args: { blueprint: "nothing" } },
  ...["jobs_get_status", "jobs_cancel"].flatMap((tool) =>
    [DONE, NOBODYS].map((job_id) => ({ tool, args: { job_id } })),
  ),
  ...[DONE, NOBODYS].map((id) => ({ tool: "jobs_wait", args: { job_ids: [id], timeout_seconds: 0 } })),
  ...[DONE, RUNNING].flatMap((job_id) =>
    ["jobs_get_result", "jobs_delete"].map((tool) => ({ tool, args: { job_id } })),
  ),
  ...[1, 0].flatMap((limit) => ["jobs_list", "blueprints_list"].map((tool) => ({ tool, args: { limit } }))),
  ...[1, 9].map((version) => ({ tool: "blueprints_get", args: { name: "double", version } })),
  ...[DONE, NOBODYS].map((job_id) => ({ tool: "jobs_retry", args: { job_id, from_step: "a" } })),
  {
    tool: "triggers_save",
    args: { name: "other", blueprint: "double", input: { n: 1 }, schedule: { every: "1 hour" } },
  },
  {
    tool: "triggers_save",
    args: { name: "other", blueprint: "nothing", input: { n: 1 }, schedule: { every: "1 hour" } },
  },
  ...["mine", "nobodys"].flatMap((name) =>
    ["triggers_list", "triggers_fire", "triggers_delete"].map((tool) => ({ tool, args: { name } })),
  ),
  ...[{}, { name: "mine" }].map((args) => ({ tool: "triggers_list", args: { ...args, cursor: "x" } })),
  ...["ev1_0", "x"].map((cursor) => ({ tool: "events_read", args: { cursor } })),
  ...["1 day", "soon"].map((period) => ({ tool: "jobs_stats", args: { period } })),
  ...["cancel", "none"].map((action) => ({ tool: "jobs_bulk", args: { action, where: {} } })),
  ...[["frames"], []].map((queues) => ({ tool: "work_claim", args: { queues } })),
  ...[RUNNING, NOBODYS].map((id) => ({ tool: "work_report", args: { claim: claimOf(id), action: "release" } })),
  ...["accept", "cancel"].map((action) => ({
    tool: "jobs_respond",
    args: { job_id: ASKING, request_id: "ask", action },
  })),
];

const isEmpty = (value: unknown): boolean => Object.keys(withoutEmpty({ value })).length === 0;

/** The value without what says nothing, which replies of tools leave out. */
function meant(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meant);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, child]) => (isEmpty(child) ? [] : [[name, meant(child)]])),
  );
}

/** A submit that goes on is answered by the tool in a few fields only. */
const part = (whole: unknown, shown: object): unknown =>
  Object.fromEntries(Object.keys(shown).map((name) => [name, Reflect.get(Object(whole), name)]));

it("draws calls of every tool that there is", () => {
  expect(Object.keys(ARGUMENTS).sort()).toEqual(TOOLS.map(({ name }) => name).sort());
});

it(`answers ${setting("FACES")} generated calls by MCP and by REST alike`, async () => {
  const seen = new Map<string, Set<boolean>>();
  await fc.assert(
    fc.asyncProperty(calls, async ({ tool, args }) => {
      const route = ROUTES.find(({ operation }) => operation === tool);
      if (route === undefined) throw new Error(`no route of ${tool}`);
      const reply = await callTool(peopled().mcp, tool, args);
      const { method, path, body } = restCall(route, args);
      const answer = await api(peopled(), method, path, { body });
      const isRefused = answer.status >= 400;
      seen.set(tool, (seen.get(tool) ?? new Set()).add(isRefused));
      expect(isRefused).toBe(reply.isError);
      if (isRefused) {
        const faults = (answer.body.faults ?? []) as { path: string; fix: string }[];
        const told =
          faults.length > 0
            ? faults.flatMap(({ path: at, fix }) => [at, fix])
            : [String(args.job_id ?? "").replace("\u200b", "")];
        for (const each of told) expect(reply.text).toContain(each);
        return;
      }
      const { next: _, notes: __, ...structured } = reply.structured;
      const whole = meant(visible(answer.body));
      const shown = meant(structured);
      expect(tool === "jobs_submit_blueprint" ? part(whole, Object(shown)) : whole).toEqual(shown);
    }),
    { numRuns: setting("FACES"), seed: setting("SEED"), examples: EXAMPLES.map((call): [typeof call] => [call]) },
  );
  const both = [...seen].filter(([, refused]) => refused.size === 2).map(([tool]) => tool);
  expect(both).toEqual(expect.arrayContaining(EXAMPLES.map(({ tool }) => tool)));
});
