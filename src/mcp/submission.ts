import { z } from "zod";
import type { Blueprint } from "../blueprint/blueprint.ts";
import { readInput } from "../blueprint/check.ts";
import { jsonObject, strict } from "../blueprint/kinds/fields.ts";
import { IN_ARGUMENTS } from "../blueprint/kinds/misplaced.ts";
import { labelOf } from "../catalog/find.ts";
import type { Fault } from "../jobs/fault.ts";
import { INLINE } from "../jobs/job.ts";
import type { JsonObject } from "../jobs/json.ts";
import { err, ok, type Result } from "../jobs/result.ts";
import { oneLine } from "../jobs/text.ts";
import {
  DEFAULT_JOB_TIMEOUT_MS,
  MAX_IDEMPOTENCY_KEY_CHARS,
  MAX_INPUT_BYTES,
  MAX_JOB_TIMEOUT_MS,
  MAX_METADATA_BYTES,
  MAX_NAME_CHARS,
  MAX_REFERENCE_CHARS,
  MAX_RUN_AT_AHEAD_MS,
  MAX_WAIT_MS,
} from "../limits.ts";
import type { SubmitRequest } from "../registry/api.ts";
import { digest } from "../registry/api-digest.ts";
import { instantFault, readInstant, sizeFault } from "./arguments.ts";
import { findBlueprint } from "./catalog.ts";
import type { McpDeps } from "./deps.ts";
import { instant } from "./fields.ts";
import { inlinePlan, planHash } from "./inline-plans.ts";

/** From the arguments of a submit to the registry's request, or to everything that is wrong with them. */

export const SubmitInput = strict(
  {
    blueprint: z
      .union([z.string().min(1).max(MAX_REFERENCE_CHARS), jsonObject])
      .describe(
        "`name`, `name@version` (see blueprints_list), or an inline blueprint: {name, steps, input?, output?}; the language is in blueprint://guide.",
      ),
    input: jsonObject.default({}).describe("The blueprint's input."),
    name: z.string().min(1).max(MAX_NAME_CHARS).optional().describe("The job's name; the blueprint's when left out."),
    metadata: jsonObject.default({}).describe("Your own fields, stored with the job; jobs_list filters by them."),
    idempotency_key: z
      .string()
      .min(1)
      .max(MAX_IDEMPOTENCY_KEY_CHARS)
      .optional()
      .describe("Makes retries safe: the same key and arguments return the first job."),
    run_at: instant.optional().describe("Start no earlier than this time (ISO 8601); the past means now."),
    timeout_seconds: z
      .int()
      .min(1)
      .max(MAX_JOB_TIMEOUT_MS / 1_000)
      .optional()
      .describe("The job fails when it runs longer; default 1 day."),
    wait_seconds: z
      .number()
      .min(0)
      .max(MAX_WAIT_MS / 1_000)
      .default(0)
      .describe("Wait this long for the result; the job goes on when the time is over."),
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
  /** With the defaults of the blueprint's schema. */
  input: JsonObject;
  /** Epoch ms; null: now. */
  runAt: number | null;
}

const sizeFaults = ({ input, metadata }: SubmitArgs): Fault[] => [
  ...sizeFault("input", input, MAX_INPUT_BYTES),
  ...sizeFault("metadata", metadata, MAX_METADATA_BYTES),
];

function readRunAt(text: string | undefined, now: number): Result<number | null, Fault> {
  if (text === undefined) return ok(null);
  const at = readInstant(text);
  if (at === undefined) return err(instantFault("run_at"));
  if (at <= now + MAX_RUN_AT_AHEAD_MS) return ok(at > now ? at : null);
  const days = MAX_RUN_AT_AHEAD_MS / 86_400_000;
  return err({ path: "run_at", message: `is more than ${days} days ahead`, fix: "Choose an earlier time." });
}

async function readPlan(
  { blueprint }: SubmitArgs,
  deps: McpDeps,
): Promise<Result<Pick<Draft, "label" | "plan">, Fault[]>> {
  if (typeof blueprint === "string") {
    const found = await findBlueprint(blueprint, deps);
    return found.ok ? ok({ label: labelOf(found.value), plan: found.value.plan }) : err([found.error]);
  }
  const checked = inlinePlan(blueprint, deps);
  return checked.ok ? ok({ label: INLINE, plan: checked.value }) : checked;
}

/** Everything that is wrong at once, so that one more call can be enough. */
export async function draftOf(args: SubmitArgs, deps: McpDeps): Promise<Result<Draft, Fault[]>> {
  const runAt = readRunAt(args.run_at, deps.now());
  const plan = await readPlan(args, deps);
  const oversize = sizeFaults(args);
  const input = plan.ok && oversize.length === 0 ? readInput(plan.value.plan, args.input) : err([]);
  const faults = [
    ...(plan.ok ? [] : plan.error),
    ...oversize,
    ...(input.ok ? [] : input.error),
    ...(runAt.ok ? [] : [runAt.error]),
  ];
  if (!plan.ok || !runAt.ok || !input.ok) return err(faults);
  return ok({ ...plan.value, input: input.value, runAt: runAt.value });
}

/** The request, for whichever shard takes it. */
export async function submitRequest(
  args: SubmitArgs,
  draft: Draft,
  { tenant, trace }: Pick<McpDeps, "tenant" | "trace">,
): Promise<Omit<SubmitRequest, "shard">> {
  const { blueprint, input, name, metadata, run_at, timeout_seconds, idempotency_key } = args;
  const asked = { blueprint, input, name, metadata, run_at, timeout_seconds };
  return {
    tenant,
    name: oneLine(name ?? "", MAX_NAME_CHARS) || draft.plan.name,
    blueprint: draft.label,
    plan: draft.plan,
    trace,
    plan_hash: await planHash(draft.plan),
    input: draft.input,
    metadata,
    run_at: draft.runAt,
    timeout_ms: timeout_seconds === undefined ? DEFAULT_JOB_TIMEOUT_MS : timeout_seconds * 1_000,
    idempotency: idempotency_key === undefined ? null : { key: idempotency_key, request_hash: await digest(asked) },
  };
}
