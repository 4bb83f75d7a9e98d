import { egress } from "../../egress/egress.ts";
import { homeOf } from "../../egress/self-call.ts";
import { type Env, readSettings } from "../../env.ts";
import { exportRequest, spansOf } from "../../events/job-trace.ts";
import type { Job } from "../../jobs/job.ts";
import type { Log } from "../../lib/log.ts";
import { OTLP_TIMEOUT_MS } from "../../limits.ts";

/** Sends the trace of a job that has settled, once. Never rejects: what collects traces is no part of any job. */
export type ExportTrace = (job: Job) => Promise<void>;

/** @returns undefined where nobody collects traces */
export function traceExport(env: Env, log: Log): ExportTrace | undefined {
  const { otlp } = readSettings(env);
  if (otlp === undefined) return undefined;
  const { url, headers } = otlp;
  return async (job) => {
    try {
      const home = await homeOf(env.AUTH_SECRET, () => crypto.randomUUID());
      // The endpoint is the operator's choice: it may be private.
      const send = egress({ allow: [new URL(url).host], home });
      const body = JSON.stringify(exportRequest(await spansOf(job)));
      const signal = AbortSignal.timeout(OTLP_TIMEOUT_MS);
      const sent = { ...headers, "content-type": "application/json" };
      const response = await send(url, { method: "POST", headers: sent, body, signal });
      await response.body?.cancel();
      if (!response.ok) log({ event: "trace_refused", job_id: job.job_id, status: response.status });
    } catch (error) {
      // The message of a failed request may hold its URL, and that a token.
      log({ event: "trace_lost", job_id: job.job_id, error: error instanceof Error ? error.name : "unknown" });
    }
  };
}
