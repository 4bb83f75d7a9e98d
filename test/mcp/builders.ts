import { checkBlueprint } from "../../src/blueprint/checks/check.ts";
import type { CatalogBlueprint } from "../../src/catalog/index.ts";
import { newJobId } from "../../src/jobs/id.ts";
import type { JobStatus } from "../../src/jobs/view.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";

export const NOW = Date.parse("2026-11-20T12:00:00.000Z");

export const jobIdOf = (n: number, shard = 0): string => newJobId(NOW + n, new Uint8Array(10).fill(n), shard);

export const jobStatus = (fields: Partial<JobStatus> = {}): JobStatus => ({
  id: jobIdOf(1),
  name: "double",
  status: "running",
  submitted_at: "2026-11-20T12:00:00.000Z",
  started_at: "2026-11-20T12:00:00.100Z",
  completed_at: null,
  progress: 0.5,
  metadata: {},
  result: null,
  error: null,
  error_code: null,
  blueprint: "double@2",
  step: "twice",
  message: null,
  input_requests: [],
  parent_id: null,
  retried_from: null,
  expires_at: null,
  poll_after_ms: 1_000,
  ...fields,
});

const DOUBLE: JsonObject = {
  name: "double",
  description: "Doubles a number.",
  input: { type: "object", required: ["n"], properties: { n: { type: "number" } } },
  steps: [{ id: "twice", type: "transform", value: { n: "{% $input.n * 2 %}" } }],
};

export function blueprint(version: number, document: Json = DOUBLE): CatalogBlueprint {
  const checked = checkBlueprint(document, { handlers: [] });
  if (!checked.ok) throw new Error(JSON.stringify(checked.error));
  const plan = checked.value;
  return { name: plan.name, version, description: plan.description ?? "", document, plan };
}
