import * as z from "zod";
import { err, ok } from "../../lib/result.ts";
import type { StorageFull } from "../../registry/api/caller.ts";
import type { LeaseLost } from "../../registry/api/worker-api.ts";
import type { InvalidArguments } from "../../service/arguments.ts";
import { type ReportArgs, type Reported, ReportInput, reportWork } from "../../service/workers/report-work.ts";
import { faultText, quotaText } from "../replies/text.ts";
import { defineTool } from "../tool.ts";

function errorText(error: InvalidArguments | LeaseLost | StorageFull): string {
  switch (error.code) {
    case "invalid_arguments":
      return faultText("Not reported.", error.faults);
    case "lease_lost":
      return "Not accepted (lease_lost): the claim no longer holds, and nothing was changed. Its lease ran out, it was given back, or it has ended.\nNext: stop working on it; work_claim for other work.";
    case "storage_full":
      return quotaText("Not accepted", error);
    default:
      return error satisfies never;
  }
}

const DONE = { heartbeat: "The lease goes on.", complete: "Completed.", fail: "Failed.", release: "Given back." };

function verdictOf({ accepted, lease_expires_at, cancel }: Reported, { action }: ReportArgs): string {
  if (cancel) return "The job no longer wants it: stop working on it.";
  return lease_expires_at === null || !accepted ? DONE[action] : `${DONE[action]} Until ${lease_expires_at}.`;
}

export const workReport = defineTool({
  name: "work_report",
  title: "Report on work",
  description:
    "As a worker: say that claimed work goes on, is done, failed, or is given back. cancel: true means that its job no longer wants it. Next: work_claim.",
  input: ReportInput,
  output: z.looseObject({ accepted: z.boolean() }),
  scope: "jobs:work",
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (args, deps) => {
    const reported = await reportWork(deps, args);
    if (!reported.ok) return err(errorText(reported.error));
    const goesOn = args.action === "heartbeat" && !reported.value.cancel;
    return ok({
      next: goesOn ? "Go on working; report again before the lease ends." : "work_claim for more work.",
      structured: { ...reported.value },
      text: verdictOf(reported.value, args),
    });
  },
});
