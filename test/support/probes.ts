import { randomBytes } from "node:crypto";
import { BULK_ACTIONS } from "../../src/jobs/bulk-state.ts";
import { encodeClaim } from "../../src/jobs/claim.ts";
import { newJobId, parseJobId } from "../../src/jobs/id.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { type Call, toolCall } from "../../tooling/raw.ts";

/** How somebody else's things can be asked for. A probe names its target; the tests know what may come back. */

/** What an argument can name that has an owner. */
export type Owned = "job" | "batch" | "blueprint" | "trigger" | "subscription" | "secret" | "cursor";

export type Recipe = { [kind in Owned]?: (target: string) => JsonObject[] };

/** Arguments of tools and prompts that name something with an owner. */
const KIND_OF_ARGUMENT: Record<string, Owned> = {
  job_id: "job",
  job_ids: "job",
  claim: "job",
  parent_id: "job",
  batch_id: "batch",
  trigger: "trigger",
  subscription_id: "subscription",
  blueprint: "blueprint",
  name: "blueprint",
  goal: "blueprint",
  cursor: "cursor",
};

/** What operations call `name` that is no blueprint's. */
const NAMED: readonly (readonly [beginning: string, kind: Owned])[] = [
  ["triggers_", "trigger"],
  ["secrets_", "secret"],
];

export const kindOfArgument = (operation: string, argument: string): Owned | undefined =>
  (argument === "name" && NAMED.find(([beginning]) => operation.startsWith(beginning))?.[1]) ||
  KIND_OF_ARGUMENT[argument];

const child = (blueprint: string) => ({ name: "parent", steps: [{ id: "a", type: "job", blueprint }] });

const CORRECTED: JsonObject = { name: "corrected", steps: [{ id: "a", type: "transform", value: 1 }] };

/** A job that is nobody's: blueprints are looked up before jobs, so the replies differ where a blueprint is found. */
const NOBODYS_JOB = newJobId(Date.now(), randomBytes(10), 0);

/** What the tool's calls with a stranger's thing look like, by tool. */
export const TOOL_RECIPES: Record<string, Recipe> = {
  jobs_submit_blueprint: {
    blueprint: (blueprint) => [
      { blueprint },
      { blueprint: `${blueprint}@1` },
      { blueprint: child(blueprint), dry_run: true },
    ],
  },
  jobs_get_status: { job: (job_id) => [{ job_id }, { job_id, include: ["steps", "events"] }] },
  jobs_wait: {
    job: (id) => [
      { job_ids: [id], timeout_seconds: 0 },
      { job_ids: [id, id], until: "any", timeout_seconds: 1 },
    ],
    batch: (batch_id) => [
      { batch_id, timeout_seconds: 0 },
      { batch_id, until: "any", timeout_seconds: 1 },
    ],
  },
  jobs_get_result: { job: (job_id) => [{ job_id }, { job_id, pointer: "/canary", max_bytes: 10 }] },
  jobs_list: {
    blueprint: (blueprint) => [{ blueprint }, { blueprint: `${blueprint}@1` }, { metadata: { canary: blueprint } }],
    cursor: (cursor) => [{ cursor, limit: 1 }, { cursor }],
    job: (parent_id) => [{ parent_id }],
    batch: (batch_id) => [{ batch_id }],
    trigger: (trigger) => [{ trigger }],
  },
  jobs_cancel: { job: (job_id) => [{ job_id }, { job_id, reason: "not mine" }] },
  jobs_retry: {
    job: (job_id) => [
      { job_id },
      { job_id, from_step: "a" },
      { job_id, input: {} },
      { job_id, from_step: "a", blueprint: CORRECTED },
    ],
    blueprint: (blueprint) =>
      [blueprint, `${blueprint}@1`, child(blueprint)].map((plan) => ({ job_id: NOBODYS_JOB, blueprint: plan })),
  },
  jobs_respond: {
    job: (job_id) => [
      { job_id, request_id: "ask", action: "accept", content: {} },
      { job_id, request_id: "ask", action: "decline" },
    ],
  },
  jobs_delete: { job: (job_id) => [{ job_id }] },
  blueprints_list: { cursor: (cursor) => [{ cursor, limit: 1 }] },
  blueprints_get: { blueprint: (name) => [{ name }, { name, version: 1 }] },
  // Names are each tenant's own, so a stranger's name can be saved: it is tested by what it does, not here.
  blueprints_save: { blueprint: () => [] },
  blueprints_delete: { blueprint: (name) => [{ name }, { name, version: 1 }] },
  events_read: {
    job: (job_id) => [{ job_id, cursor: "ev1_0" }],
    batch: (batch_id) => [{ batch_id, cursor: "ev1_0" }],
    blueprint: (blueprint) => [{ blueprint, cursor: "ev1_0" }],
    trigger: (trigger) => [{ trigger, cursor: "ev1_0" }],
    cursor: (cursor) => [{ cursor }],
  },
  // Filters of somebody else find nothing, whatever is to be done.
  jobs_bulk: {
    job: (parent_id) => BULK_ACTIONS.map((action) => ({ action, where: { parent_id }, dry_run: false })),
    batch: (batch_id) => BULK_ACTIONS.map((action) => ({ action, where: { batch_id }, dry_run: false })),
    trigger: (trigger) => BULK_ACTIONS.map((action) => ({ action, where: { trigger }, dry_run: false })),
    blueprint: (blueprint) => [
      { action: "cancel", where: { blueprint }, dry_run: false },
      { action: "retry", where: { blueprint: "nobodys" }, patch: { blueprint }, dry_run: false },
    ],
  },
  jobs_stats: {},
  // Queues are each tenant's own.
  triggers_list: {
    trigger: (name) => [{ name }, { name, limit: 1 }],
    cursor: (cursor) => [{ cursor, limit: 1 }],
  },
  triggers_save: {
    blueprint: (blueprint) => [{ name: "probe", blueprint, schedule: { every: "1 hour" } }],
    // As with blueprints: a stranger's name is free.
    trigger: () => [],
  },
  triggers_fire: {
    trigger: (name) => [{ name }, { name, from: "2020-01-01T00:00:00Z", to: "2020-01-01T00:00:00Z" }],
  },
  triggers_delete: { trigger: (name) => [{ name }] },
  work_claim: {},
  work_report: {
    job: (job_id) =>
      [{ action: "heartbeat" }, { action: "complete", output: 1 }, { action: "release" }].map((report) => ({
        claim: encodeClaim({ job_id, path: "work", token: 1 }),
        ...report,
      })),
  },
};

/** Answers are the same for every tenant but for what they name; not the tools' own. */
export const TASK_CALLS: ((taskId: string) => Call)[] = [
  (taskId) => ({ method: "tasks/get", params: { taskId } }),
  (taskId) => ({ method: "tasks/cancel", params: { taskId } }),
  (taskId) => ({
    method: "tasks/update",
    params: { taskId, inputResponses: { ask: { action: "accept", content: {} } } },
  }),
];

/** What events are told apart by, of things with an owner. */
export const FILTERS: { readonly [kind in Owned]?: string } = {
  job: "job_id",
  batch: "batch_id",
  blueprint: "blueprint",
  trigger: "trigger",
};

/** Of the Events extension, but for subscriptions, whose answers are named after what is asked. */
const eventCalls = (filter: string): ((target: string) => Call)[] =>
  ["events/poll", "events/stream"].map((method) => (target) => ({
    method,
    params: { name: "job.settled", arguments: { [filter]: target }, cursor: "ev1_0" },
  }));

const listenTo = (notifications: JsonObject): Call => ({ method: "subscriptions/listen", params: { notifications } });

/** Streams that would tell of a job; for one that is not there they end at once. */
const LISTEN_CALLS: ((jobId: string) => Call)[] = [
  (jobId) => listenTo({ resourceSubscriptions: ["", "/result", "/events"].map((part) => `job://${jobId}${part}`) }),
  (jobId) => listenTo({ taskIds: [jobId, jobId], resourceSubscriptions: [`job://${jobId}`, `JOB://${jobId}`] }),
];

export interface Listed {
  tools: { name: string; inputSchema: { properties?: JsonObject } }[];
  templates: { uriTemplate: string }[];
  prompts: { name: string; arguments?: { name: string }[] }[];
}

/** Tools that have no recipe for something of a tenant that their input can name. */
export const toolsWithoutRecipe = ({ tools }: Listed): string[] =>
  tools.flatMap(({ name, inputSchema }) => {
    const kinds = Object.keys(inputSchema.properties ?? {}).flatMap((argument) => kindOfArgument(name, argument) ?? []);
    const recipe = TOOL_RECIPES[name];
    if (recipe === undefined) return [name];
    // The `name` of a job that is submitted is the caller's own text.
    return kinds.filter((kind) => recipe[kind] === undefined).map((kind) => `${name}: ${kind}`);
  });

const VARIABLE = /\{(\w+)\}/;
const kindOfVariable = (uriTemplate: string): Owned | undefined =>
  KIND_OF_ARGUMENT[VARIABLE.exec(uriTemplate)?.[1] ?? ""];

/** Every call that can name something of this kind, from what the server lists. */
export function probesOf(kind: Owned, { tools, templates, prompts }: Listed): ((target: string) => Call[])[] {
  const filter = FILTERS[kind];
  const inTemplates = templates.filter(({ uriTemplate }) => kindOfVariable(uriTemplate) === kind);
  const inPrompts = prompts.flatMap(({ name, arguments: all = [] }) =>
    all
      .filter((argument) => KIND_OF_ARGUMENT[argument.name] === kind)
      .map((argument) => ({ name, argument: argument.name })),
  );
  const complete = (ref: JsonObject, name: string) => (value: string) => [
    { method: "completion/complete", params: { ref, argument: { name, value } } },
  ];
  return [
    ...tools.map(
      ({ name }) =>
        (target: string) =>
          (TOOL_RECIPES[name]?.[kind]?.(target) ?? []).map((args) => toolCall(name, args)),
    ),
    ...inTemplates.flatMap(({ uriTemplate: uri }) => [
      (target: string) => [{ method: "resources/read", params: { uri: uri.replace(VARIABLE, () => target) } }],
      complete({ type: "ref/resource", uri }, VARIABLE.exec(uri)?.[1] ?? ""),
    ]),
    ...inPrompts.flatMap(({ name, argument }) => [
      (target: string) => [{ method: "prompts/get", params: { name, arguments: { [argument]: target } } }],
      complete({ type: "ref/prompt", name }, argument),
    ]),
    ...[...(kind === "job" ? [...TASK_CALLS, ...LISTEN_CALLS] : []), ...(filter ? eventCalls(filter) : [])].map(
      (call) => (target: string) => [call(target)],
    ),
  ];
}

const percentEncoded = (text: string): string =>
  [...text].map((char) => `%${char.charCodeAt(0).toString(16)}`).join("");

/** One target, spelled in every way that could be taken for it. */
export const SPELLINGS: ((target: string) => string)[] = [
  (target) => target,
  (target) => target.toUpperCase(),
  (target) => target.replace(/[a-z]/g, (char, at: number) => (at % 3 === 0 ? char.toUpperCase() : char)),
  percentEncoded,
  (target) => `${target} `,
];

/** An id that is of no job, accepted at the same time and in the same shard as this one. */
export function guessedId(jobId: string): string {
  const parts = parseJobId(jobId);
  if (parts === undefined) throw new Error(`${jobId} is no job id`);
  return newJobId(parts.time, randomBytes(10), parts.shard);
}

/** The same of a batch. */
export const guessedBatch = (batchId: string): string =>
  guessedId(batchId.replace("batch_", "job_")).replace("job_", "batch_");

/** A name as unguessable as a canary, which ends it. */
export const unlike = (name: string): string => name.replace(/[0-9a-f]{16}$/, "0123456789abcdef");
