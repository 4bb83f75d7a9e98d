import * as z from "zod";
import { jsonValue } from "../../blueprint/kinds/fields.ts";
import { decodeClaim } from "../../jobs/claim.ts";
import { WORKER_FAILED } from "../../jobs/run/offers.ts";
import { jsonBytes } from "../../lib/json.ts";
import { err, ok } from "../../lib/result.ts";
import { oneLine } from "../../lib/safe-text.ts";
import { isoOrNull } from "../../lib/time.ts";
import {
  MAX_CLAIM_CHARS,
  MAX_ERROR_CHARS,
  MAX_LEASE_MS,
  MAX_OUTPUT_BYTES,
  MAX_WORK_UNITS,
  MAX_WORKER_CODE_CHARS,
} from "../../limits.ts";
import type { StorageFull } from "../../registry/api/caller.ts";
import type { LeaseLost, WorkAnswer, WorkReport } from "../../registry/api/worker-api.ts";
import { type InvalidArguments, invalidArguments } from "../arguments.ts";
import { type Answer, type ServiceContext, shardOfJob } from "../context.ts";

const units = z.int().min(0).max(MAX_WORK_UNITS);

export const ReportInput = z.strictObject({
  claim: z.string().max(MAX_CLAIM_CHARS).describe("Of work_claim."),
  action: z
    .enum(["heartbeat", "complete", "fail", "release"])
    .describe("heartbeat: go on, the lease begins anew; release: give it back, no try."),
  output: jsonValue.optional().describe("With complete: the step's output."),
  error: z
    .strictObject({
      code: z
        .string()
        .regex(
          new RegExp(`^(?!engine_)[a-z][a-z0-9_]{0,${MAX_WORKER_CODE_CHARS - 1}}$`),
          "must be a word such as no_such_file",
        )
        .optional(),
      message: z.string().min(1).max(MAX_ERROR_CHARS),
      retryable: z.boolean().optional(),
    })
    .optional()
    .describe("With fail: what went wrong. retryable (true): another try may succeed."),
  progress: z
    .strictObject({
      done: units.optional(),
      total: units.optional(),
      message: z.string().max(MAX_ERROR_CHARS).optional(),
    })
    .optional()
    .describe("With heartbeat: how far it is."),
  extend_seconds: z
    .int()
    .min(1)
    .max(MAX_LEASE_MS / 1_000)

    .optional()
    .describe("With heartbeat: for how long; else the step's lease."),
});
export type ReportArgs = z.output<typeof ReportInput>;

const FIELDS = { output: "complete", error: "fail", progress: "heartbeat", extend_seconds: "heartbeat" } as const;

function reportFaults(args: ReportArgs) {
  const misplaced = Object.entries(FIELDS).flatMap(([path, action]) =>
    (args[path as keyof typeof FIELDS] ?? null) === null || args.action === action
      ? []
      : [{ path, message: `does not go with action ${args.action}`, fix: `Send it with ${action}, or leave it out.` }],
  );
  if (args.action === "complete" && args.output === undefined) {
    misplaced.push({ path: "output", message: "is missing", fix: "Send the step's output: any JSON value." });
  }
  if (args.action === "fail" && args.error === undefined) {
    misplaced.push({ path: "error", message: "is missing", fix: 'Send {"message": "what went wrong"}.' });
  }
  const { done, total } = args.progress ?? {};
  if (done !== undefined && (total === undefined || done > total)) {
    misplaced.push({
      path: "progress.done",
      message: "is above total",
      fix: "Send done and total, done at most total.",
    });
  }
  const bytes = args.output === undefined ? 0 : jsonBytes(args.output);
  if (bytes > MAX_OUTPUT_BYTES) {
    const fix = "Return less, or a reference to where it is.";
    misplaced.push({ path: "output", message: `is ${bytes} bytes of JSON, more than ${MAX_OUTPUT_BYTES}`, fix });
  }
  return misplaced;
}

function reportOf({ action, output, error, progress, extend_seconds }: ReportArgs): WorkReport {
  switch (action) {
    case "heartbeat":
      return { action, progress, extend_ms: extend_seconds === undefined ? undefined : extend_seconds * 1_000 };
    case "complete":
      return { action, output: output ?? null };
    case "fail": {
      const { code = WORKER_FAILED, message = "", retryable = true } = error ?? {};
      return { action, error: { code, message: oneLine(message, MAX_ERROR_CHARS), retryable } };
    }
    case "release":
      return { action };
    default:
      return action satisfies never;
  }
}

export type Reported = Omit<WorkAnswer, "lease_expires_at"> & { lease_expires_at: string | null };

/** What a worker says of what it holds. A report that comes too late changes nothing. */
export async function reportWork(
  context: ServiceContext,
  args: ReportArgs,
): Answer<Reported, InvalidArguments | LeaseLost | StorageFull> {
  const faults = reportFaults(args);
  if (faults.length > 0) return invalidArguments(faults);
  const claim = decodeClaim(args.claim);
  const shard = claim && shardOfJob(claim.job_id);
  if (claim === undefined || shard === undefined) return err({ code: "lease_lost" });
  const report = reportOf(args);
  const answer = await context.ask(shard, (registry, caller) => registry.reportWork(caller, claim, report));
  if (!answer.ok) return answer;
  return ok({ ...answer.value, lease_expires_at: isoOrNull(answer.value.lease_expires_at) });
}
