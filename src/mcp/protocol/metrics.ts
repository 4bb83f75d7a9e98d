import { log } from "../../lib/log.ts";

/** Which protocol generation a request speaks: 2025 (legacy) or 2026-07-28 (modern). */
export type Era = "legacy" | "modern";

export interface Measurement {
  /** Tool, resource or prompt. */
  name: string;
  outcome: "ok" | "tool_error" | "crash";
  ms: number;
  era: Era;
  tenant: string;
  key_id: string | null;
  /** As auth/principal.ts names callers. */
  actor: string | null;
  /** The job that the call is about; null: it is about none, or about several. */
  job_id: string | null;
  /** Of the caller's trace context. */
  traceparent?: string;
  tracestate?: string;
  /** Only for a crash: the reference that its reply carries, and what was thrown. */
  reference?: string;
  error?: string;
}

export type Record = (measurement: Measurement) => void;

/** Writes each measurement to Analytics Engine and as one JSON line to the log. */
export function recorder(dataset: AnalyticsEngineDataset): Record {
  return (measurement) => {
    const { name, outcome, ms, era } = measurement;
    dataset.writeDataPoint({ indexes: [name], blobs: [name, outcome, era], doubles: [ms] });
    log({ event: "mcp_call", ...measurement });
  };
}
