/** What the routes answer that have no type of their own below them. */

export interface LedgerRow {
  outcome: string;
  at: string;
  occurrence?: string;
  job_id?: string;
  reason?: string;
  count?: number;
}

export interface TriggerRow {
  name: string;
  kind: string;
  blueprint: string;
  paused: boolean;
  runs: number;
  next_runs: string[];
  url: string | null;
  last: LedgerRow | null;
  note?: string;
}

export interface Subscription {
  id: string;
  url: string;
  name: string;
  arguments: Record<string, string>;
  status: "active" | "suspended" | "ended";
  deliveries: number;
  expires_at: string | null;
  last_delivery_at: string | null;
  last_error: string | null;
  failed_since: string | null;
}

export interface Delivery {
  number: number;
  event_id: string;
  at: string;
  outcome: "delivered" | "failed" | "given_up";
  http_status: number | null;
  error: string | null;
  replay: boolean;
}

export interface EventRow {
  event_id: string;
  name: string;
  at: string;
  data: Record<string, unknown>;
}

export interface EventList {
  events: EventRow[];
  next_cursor: string;
  has_more: boolean;
  truncated: boolean;
}

export interface Explanation {
  plan: Record<string, unknown>;
  input: unknown;
  outputs: Record<string, unknown>;
  filled?: { value: unknown } | { fault: string };
}
