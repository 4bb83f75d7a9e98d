import * as z from "zod";
import { MAX_CLAIMS, MAX_WORK_INPUT_BYTES } from "../../limits.ts";
import { ClaimInput, claimWork } from "../../service/workers/claim-work.ts";
import { ReportInput, reportWork } from "../../service/workers/report-work.ts";
import { answer, answering, defineRoute, type Route } from "../route.ts";

const ClaimView = z
  .strictObject({
    claim: z.string().describe("Opaque: the report takes it."),
    job_id: z.string(),
    step: z.string(),
    queue: z.string(),
    input: z.json(),
    try: z.int(),
    lease_expires_at: z.string(),
    deadline: z.string(),
  })
  .meta({ id: "Claim" });

const ClaimsView = z.strictObject({ claims: z.array(ClaimView) }).meta({ id: "Claims" });

const ReportedView = z
  .strictObject({
    accepted: z.boolean(),
    cancel: z.boolean().describe("The job no longer wants it."),
    lease_expires_at: z.string().nullable(),
  })
  .meta({ id: "Reported" });

const claimRoute = defineRoute({
  operation: "work_claim",
  method: "POST",
  path: "/work/claim",
  summary: "Take steps that wait for a worker, with a lease for each.",
  scope: "jobs:work",
  input: ClaimInput,
  answers: { 200: { description: "What was claimed; empty when there was nothing.", schema: ClaimsView } },
  refusals: [],
  run: async (args, context) =>
    answer({ claims: await claimWork(context, args, context.signal, MAX_CLAIMS * MAX_WORK_INPUT_BYTES) }),
});

const reportRoute = defineRoute({
  operation: "work_report",
  method: "POST",
  path: "/work/report",
  summary:
    "Say that claimed work goes on, is done, failed, or is given back. The same report again answers as the first.",
  scope: "jobs:work",
  input: ReportInput,
  answers: { 200: { description: "Whether it was accepted.", schema: ReportedView } },
  refusals: ["lease_lost", "storage_full"],
  run: answering(reportWork),
});

export const WORK_ROUTES: readonly Route[] = [claimRoute, reportRoute];
