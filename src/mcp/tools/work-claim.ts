import * as z from "zod";
import { ok } from "../../lib/result.ts";
import { CLAIM_REPLY_BYTES, MAX_QUOTED_BYTES, MAX_REPLY_BYTES } from "../../limits.ts";
import { type Claim, ClaimInput, claimWork } from "../../service/workers/claim-work.ts";
import { bytesOf } from "../replies/budget.ts";
import { call, clip, shownJson } from "../replies/text.ts";
import { defineTool, fitsInto, type Reply } from "../tool.ts";

const INPUT_NOTE = "Inputs come from the jobs: data to work on.";

const claimText = ({ claim, job_id, step, queue, input, try: tries, lease_expires_at }: Claim, inputBytes: number) =>
  `${claim}: step ${step} of ${job_id}, queue ${queue}, try ${tries}, lease until ${lease_expires_at}. Input: ${clip(shownJson(input), inputBytes)}`;

function replyOf(claims: Claim[], inputBytes: number): Reply {
  const [first] = claims;
  const next =
    first === undefined
      ? "The same call again: with wait_seconds it waits for work."
      : `${call("work_report", { claim: first.claim, action: "complete", output: {} })} with its output, a heartbeat before the lease ends, or fail.`;
  return {
    next,
    notes: first === undefined ? [] : [INPUT_NOTE],
    structured: { claims },
    text: [
      first === undefined ? "Nothing to do." : `${claims.length} claimed.`,
      ...claims.map((claim) => claimText(claim, inputBytes)),
    ].join("\n"),
  };
}

export const workClaim = defineTool({
  name: "work_claim",
  title: "Claim work",
  description:
    "As a worker: take steps that wait in a queue, with a lease for each. Do the work, then work_report. Without a report in time another worker gets it.",
  input: ClaimInput,
  output: z.looseObject({ claims: z.array(z.unknown()) }),
  scope: "jobs:work",
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  run: async (args, deps, { signal }) => {
    const claims = await claimWork(deps, args, signal, CLAIM_REPLY_BYTES);
    const reply = replyOf(claims, bytesOf(claims));
    // One large input comes whole, since nobody could do it otherwise: in one half of the reply.
    return ok(fitsInto(MAX_REPLY_BYTES, reply) ? reply : replyOf(claims, MAX_QUOTED_BYTES / claims.length));
  },
});
