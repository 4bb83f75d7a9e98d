import * as z from "zod";
import type { Blueprint } from "../blueprint/blueprint.ts";
import { InputReader } from "../blueprint/checks/check.ts";
import { expressionFaults } from "../blueprint/checks/references.ts";
import { durationMs } from "../blueprint/duration.ts";
import { concurrencyArgument } from "../blueprint/job-limits.ts";
import { jsonObject } from "../blueprint/kinds/fields.ts";
import { IN_ARGUMENTS } from "../blueprint/kinds/misplaced.ts";
import { defaultTimeoutMs, sleptMs, waitBeyond } from "../blueprint/planned-wait.ts";
import { strict } from "../blueprint/strict.ts";
import { labelOf } from "../catalog/find.ts";
import { INLINE } from "../jobs/job.ts";
import { digest } from "../lib/digest.ts";
import type { Fault } from "../lib/fault.ts";
import { isJsonObject, type JsonObject } from "../lib/json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { oneLine } from "../lib/safe-text.ts";
import {
  FREE_SCHEMA_CHECKS,
  MAX_BATCH_JOBS,
  MAX_BATCH_SCHEMA_CHECKS,
  MAX_FAULTS,
  MAX_IDEMPOTENCY_KEY_CHARS,
  MAX_INPUT_BYTES,
  MAX_JOB_TIMEOUT_MS,
  MAX_METADATA_BYTES,
  MAX_NAME_CHARS,
  MAX_REFERENCE_CHARS,
  MAX_RUN_AT_AHEAD_MS,
  MAX_WAIT_MS,
  SCHEMA_CHECKS_A_TURN,
} from "../limits.ts";
import type { SubmitRequest } from "../registry/api/caller.ts";
import { instantFault, readInstant, sizeFault } from "./arguments.ts";
import { type Children, findChildren, pinned } from "./blueprints/child-plans.ts";
import { findBlueprint } from "./blueprints/find-blueprint.ts";
import { inlinePlan, planHash, planMayLink } from "./blueprints/plan-cache.ts";
import { checkTurn } from "./check-turns.ts";
import type { ServiceContext } from "./context.ts";
import { instant } from "./fields.ts";

/** From the arguments of a submit to the registry's request, or to everything that is wrong with them. */

export const SubmitInput = strict(
  {
    blueprint: z
      .union([z.string().min(1).max(MAX_REFERENCE_CHARS), jsonObject])
      .describe(
        "`name`, `name@version` (see blueprints_list), or an inline blueprint: {name, steps, input?, output?}; the language is in blueprint://guide.",
      ),
    input: jsonObject.default({}).describe("The blueprint's input."),
    inputs: z
      .array(jsonObject)
      .min(1)
      .max(MAX_BATCH_JOBS)
      .optional()
      .describe("In place of input: a job for each, all or none. Answers batch_id."),
    name: z.string().min(1).max(MAX_NAME_CHARS).optional().describe("Else the blueprint's."),
    metadata: jsonObject.default({}).describe("Your own fields; jobs_list filters by them."),
    idempotency_key: z
      .string()
      .min(1)
      .max(MAX_IDEMPOTENCY_KEY_CHARS)
      .optional()
      .describe("Makes retries safe: the same key and arguments return the first job."),
    run_at: instant.optional().describe("Not before this (ISO 8601)."),
    concurrency: concurrencyArgument.describe("{limit, key?, when_full?}"),
    timeout_seconds: z
      .int()
      .min(1)
      .max(MAX_JOB_TIMEOUT_MS / 1_000)
      .optional()
      .describe("It fails when it runs longer; default 1 day and its waits."),
    wait_seconds: z
      .number()
      .min(0)
      .max(MAX_WAIT_MS / 1_000)
      .default(0)
      .describe("Wait so long for the result."),
    dry_run: z.boolean().default(false).describe("Only check; nothing is stored."),
  },
  IN_ARGUMENTS,
);
export type SubmitArgs = z.output<typeof SubmitInput>;

/** A submission that has been checked. */
interface Draft {
  /** `name@version`, or `inline`. */
  label: string;
  plan: Blueprint;
  /** That the plan names. */
  children: Children;
  /** With the defaults of the blueprint's schema: of one job, or of each. */
  inputs: [JsonObject, ...JsonObject[]];
  /** Epoch ms; null: now. */
  runAt: number | null;
  /** Epoch ms before which the job does not start. */
  start: number;
}

/** What each job is given, and where it stands in the arguments. */
const inputsOf = ({ input, inputs }: SubmitArgs): [path: string, input: JsonObject][] =>
  inputs?.map((each, at) => [`inputs[${at}]`, each]) ?? [["input", input]];

const BOTH = { path: "inputs", message: "does not go with input", fix: "Send input for one job, or inputs for many." };

const sizeFaults = (args: SubmitArgs): Fault[] => [
  ...(args.inputs !== undefined && Object.keys(args.input).length > 0 ? [BOTH] : []),
  ...inputsOf(args).flatMap(([path, input]) => sizeFault(path, input, MAX_INPUT_BYTES)),
  ...sizeFault("metadata", args.metadata, MAX_METADATA_BYTES),
];

const TOO_MANY_CHECKS = {
  path: "inputs",
  message: "have too many values together to check against the schema of the blueprint",
  fix: "Send fewer at once, or use a simpler schema.",
};

/** Every input with its defaults, or what is wrong with the first ones that do not fit. Others are served meanwhile. */
async function readInputs(
  context: ServiceContext,
  plan: Blueprint,
  args: SubmitArgs,
): Promise<Result<JsonObject[], Fault[]>> {
  const read: JsonObject[] = [];
  const faults: Fault[] = [];
  const reader = new InputReader(plan);
  const given = inputsOf(args).map(([at, input]) => ({ at, input, cost: reader.costOf(input) }));
  if (given.reduce((sum, { cost }) => sum + cost, 0) > MAX_BATCH_SCHEMA_CHECKS) return err([TOO_MANY_CHECKS]);
  let left = FREE_SCHEMA_CHECKS;
  for (const { at, input, cost } of given) {
    if (cost > left) {
      await checkTurn(context);
      left = SCHEMA_CHECKS_A_TURN;
    }
    left -= cost;
    const each = reader.read(input);
    if (each.ok) read.push(each.value);
    else faults.push(...each.error.map((fault) => ({ ...fault, path: fault.path.replace(/^input/, at) })));
    if (faults.length >= MAX_FAULTS) break;
  }
  return faults.length === 0 ? ok(read) : err(faults);
}

function readRunAt(text: string | undefined, now: number): Result<number | null, Fault> {
  if (text === undefined) return ok(null);
  const at = readInstant(text);
  if (at === undefined) return err(instantFault("run_at"));
  if (at <= now + MAX_RUN_AT_AHEAD_MS) return ok(at > now ? at : null);
  const days = MAX_RUN_AT_AHEAD_MS / 86_400_000;
  return err({ path: "run_at", message: `is more than ${days} days ahead`, fix: "Choose an earlier time." });
}

/** A plan, its label, and its document as it was sent or saved. */
interface Source {
  label: string;
  document: JsonObject;
  plan: Result<Blueprint, Fault[]>;
}

async function sourceOf(
  context: ServiceContext,
  { blueprint }: Pick<SubmitArgs, "blueprint">,
): Promise<Result<Source, Fault[]>> {
  if (typeof blueprint !== "string") {
    return ok({ label: INLINE, document: blueprint, plan: await inlinePlan(context, blueprint) });
  }
  const found = await findBlueprint(context, blueprint);
  if (!found.ok) return err([found.error.fault]);
  const { document, plan } = found.value;
  return ok({ label: labelOf(found.value), document: isJsonObject(document) ? document : {}, plan: ok(plan) });
}

/** The plan with its children pinned, or all that is wrong with it and with the names in it. */
export async function readPlan(
  context: ServiceContext,
  args: Pick<SubmitArgs, "blueprint">,
): Promise<Result<Pick<Draft, "label" | "plan" | "children">, Fault[]>> {
  const source = await sourceOf(context, args);
  if (!source.ok) return source;
  const { label, document, plan } = source.value;
  const children = await findChildren(context, document);
  if (!plan.ok || !children.ok) return err([...(plan.ok ? [] : plan.error), ...(children.ok ? [] : children.error)]);
  return ok({ label, plan: pinned(plan.value, children.value), children: children.value });
}

/** Sleeps that together last as long as any job may, which takes some time beside them, or longer. */
function sleepFaults(plan: Blueprint, start: number): Fault[] {
  const ms = sleptMs(plan, start);
  if (ms < MAX_JOB_TIMEOUT_MS) return [];
  const [days, most] = [ms, MAX_JOB_TIMEOUT_MS].map((each) => Math.floor(each / 86_400_000));
  const message = `sleep for ${days} days together, and a job, with all else that it does, lasts ${most} at most`;
  return [
    { path: "blueprint.steps", message, fix: "Sleep less; a trigger with a schedule starts jobs later than that." },
  ];
}

/** A sleep that the timeout cuts off for certain, or a question that is to be open for longer than the job lasts. */
function timeoutFaults(plan: Blueprint, { timeout_seconds }: SubmitArgs, start: number): Fault[] {
  const planned = plan.timeout === undefined ? undefined : durationMs(plan.timeout);
  const timeoutMs = timeout_seconds === undefined ? planned : timeout_seconds * 1_000;
  const wait = timeoutMs === undefined ? undefined : waitBeyond(plan, timeoutMs, start);
  if (wait === undefined) return [];
  const path = timeout_seconds === undefined ? "blueprint.timeout" : "timeout_seconds";
  const seconds = Math.ceil(wait.ms / 1_000);
  const least = timeout_seconds === undefined ? `"${seconds} seconds"` : `${seconds}`;
  const isOpen = wait.type === "input" || wait.type === "worker";
  const open = "has been open for its";
  const polls = "has polled for its every times limit,";
  const what = { sleep: "has slept its", input: open, worker: open, repeat: "has paused its", http: polls }[wait.type];
  const message = `ends the job before step ${wait.id} ${what} ${seconds} seconds`;
  const less = wait.type === "http" ? "smaller limit" : isOpen ? "shorter timeout" : undefined;
  const shorter = less === undefined ? "" : `, give step ${wait.id} a ${less}`;
  const fix = `Send more than ${least}${shorter}, or leave it out: it is then a day more than the plan waits.`;
  return [{ path, message, fix }];
}

/** Everything that is wrong at once, so that one more call can be enough. */
export async function draftOf(context: ServiceContext, args: SubmitArgs): Promise<Result<Draft, Fault[]>> {
  const now = context.now();
  const runAt = readRunAt(args.run_at, now);
  const plan = await readPlan(context, args);
  const oversize = sizeFaults(args);
  const inputs = plan.ok && oversize.length === 0 ? await readInputs(context, plan.value.plan, args) : err([]);
  const start = (runAt.ok ? runAt.value : null) ?? now;
  const faults = [
    ...(plan.ok
      ? [...timeoutFaults(plan.value.plan, args, start), ...sleepFaults(plan.value.plan, start)]
      : plan.error),
    ...oversize,
    ...expressionFaults("concurrency.key", args.concurrency?.key, ["input", "job"]),
    ...(inputs.ok ? [] : inputs.error),
    ...(runAt.ok ? [] : [runAt.error]),
  ];
  if (faults.length > 0 || !plan.ok || !runAt.ok || !inputs.ok) return err(faults);
  const [first = {}, ...more] = inputs.value;
  return ok({ ...plan.value, inputs: [first, ...more], runAt: runAt.value, start });
}

/** The request, for whichever shard takes it. */
export async function submitRequest(
  { trace, linkOrigin }: Pick<ServiceContext, "trace" | "linkOrigin">,
  args: SubmitArgs,
  draft: Draft,
): Promise<SubmitRequest> {
  const { blueprint, input, inputs, name, metadata, run_at, timeout_seconds, idempotency_key } = args;
  const { concurrency } = args;
  const { plan, children, start } = draft;
  const byLabel = new Map([...children.values()].map((child) => [labelOf(child), child]));
  const hasLinks = [plan, ...[...children.values()].map((child) => child.plan)].some(planMayLink);
  const given = inputs === undefined ? { input } : { inputs };
  const asked = { blueprint, ...given, name, metadata, run_at, timeout_seconds, concurrency };
  return {
    name: oneLine(name ?? "", MAX_NAME_CHARS) || plan.name,
    blueprint: draft.label,
    plan,
    trace,
    ...(hasLinks && { origin: linkOrigin }),
    plan_hash: await planHash(plan),
    input: draft.inputs[0],
    metadata,
    concurrency,
    run_at: draft.runAt,
    timeout_ms:
      timeout_seconds === undefined
        ? defaultTimeoutMs(plan, start, (child) => byLabel.get(child)?.plan)
        : timeout_seconds * 1_000,
    idempotency: idempotency_key === undefined ? null : { key: idempotency_key, request_hash: await digest(asked) },
  };
}
