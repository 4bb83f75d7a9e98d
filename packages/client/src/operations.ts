/** Where each operation is served. A test of the repository compares this with the server's OpenAPI document. */
export const OPERATIONS = {
  jobs_submit_blueprint: ["POST", "/jobs"],
  jobs_list: ["GET", "/jobs"],
  jobs_wait: ["POST", "/jobs/wait"],
  jobs_get_status: ["GET", "/jobs/{job_id}"],
  jobs_explain: ["GET", "/jobs/{job_id}/explanation"],
  jobs_get_result: ["GET", "/jobs/{job_id}/result"],
  jobs_stream: ["GET", "/jobs/{job_id}/stream"],
  jobs_cancel: ["POST", "/jobs/{job_id}/cancel"],
  jobs_retry: ["POST", "/jobs/{job_id}/retry"],
  jobs_respond: ["POST", "/jobs/{job_id}/respond"],
  jobs_delete: ["DELETE", "/jobs/{job_id}"],
  blueprints_list: ["GET", "/blueprints"],
  blueprints_get: ["GET", "/blueprints/{name}"],
  blueprints_save: ["POST", "/blueprints"],
  blueprints_delete: ["DELETE", "/blueprints/{name}"],
  triggers_list: ["GET", "/triggers"],
  triggers_ledger: ["GET", "/triggers/{name}/ledger"],
  triggers_save: ["POST", "/triggers"],
  triggers_fire: ["POST", "/triggers/{name}/fire"],
  triggers_delete: ["DELETE", "/triggers/{name}"],
  events_read: ["GET", "/events"],
  events_stream: ["GET", "/events/stream"],
  subscriptions_list: ["GET", "/subscriptions"],
  subscriptions_deliveries: ["GET", "/subscriptions/{subscription_id}/deliveries"],
  subscriptions_replay: ["POST", "/subscriptions/{subscription_id}/replay"],
  subscriptions_delete: ["DELETE", "/subscriptions/{subscription_id}"],
  work_claim: ["POST", "/work/claim"],
  work_report: ["POST", "/work/report"],
  jobs_stats: ["GET", "/stats"],
  metrics_read: ["GET", "/metrics"],
  jobs_bulk: ["POST", "/jobs/bulk"],
  keys_list: ["GET", "/keys"],
  keys_revoke: ["POST", "/keys/revoke"],
  audit_read: ["GET", "/audit"],
  secrets_list: ["GET", "/secrets"],
  secrets_set: ["PUT", "/secrets/{name}"],
  secrets_delete: ["DELETE", "/secrets/{name}"],
} as const satisfies { [operation: string]: readonly [method: "GET" | "POST" | "PUT" | "DELETE", path: string] };
export type Operation = keyof typeof OPERATIONS;

export interface WireRequest {
  method: string;
  /** Below /api/v1, with the query. */
  path: string;
  body?: string;
}

const textsOf = (value: unknown): string[] => {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map(String);
  return [typeof value === "object" ? JSON.stringify(value) : String(value)];
};

/** The operation with these arguments: in the path, and the rest in the query or the body. */
export function requestOf(operation: Operation, args: { readonly [name: string]: unknown }): WireRequest {
  const [method, template] = OPERATIONS[operation];
  const inPath: string[] = [];
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    inPath.push(name);
    return encodeURIComponent(String(args[name]));
  });
  const rest = Object.entries(args).filter(([name, value]) => value !== undefined && !inPath.includes(name));
  if (method === "POST" || method === "PUT") return { method, path, body: JSON.stringify(Object.fromEntries(rest)) };
  const query = new URLSearchParams();
  for (const [name, value] of rest) for (const text of textsOf(value)) query.append(name, text);
  return { method, path: query.size > 0 ? `${path}?${query}` : path };
}
