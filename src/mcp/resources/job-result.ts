import { err, ok } from "../../lib/result.ts";
import { MAX_OUTPUT_BYTES } from "../../limits.ts";
import { completeJobId } from "../../service/job-listing.ts";
import { readResult } from "../../service/job-operations.ts";
import { unknownJob } from "../replies/text.ts";
import type { TemplateResource } from "../resource.ts";

/** Room for the braces around a result that is not an object. */
const WRAPPING_BYTES = 16;

export const jobResult: TemplateResource = {
  name: "job_result",
  title: "Job result",
  description: "The whole result of one succeeded job, however large; jobs_get_result gives it in pages.",
  mimeType: "application/json",
  template: "job://{job_id}/result",
  variable: "job_id",
  cacheHint: { ttlMs: 60_000, cacheScope: "private" },
  read: async (jobId, deps) => {
    const whole = { pointer: "", offset: 0, max_bytes: MAX_OUTPUT_BYTES + WRAPPING_BYTES };
    const found = await readResult(deps, { job_id: jobId, ...whole });
    return found.ok ? ok(found.value.text) : err(unknownJob(jobId));
  },
  complete: completeJobId,
};
