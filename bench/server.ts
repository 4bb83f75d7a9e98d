import { createKey } from "../tooling/create-key.ts";
import type { WorkerSpec } from "./runtime.ts";

const SECRET = "a secret of the bench, long enough to sign keys";

/** The server as it is deployed, with auth, and no limit on what a tenant may use. */
export const SERVER = {
  name: "edge-jobs",
  config: "wrangler.toml",
  vars: {
    AUTH_SECRET: SECRET,
    MAX_ACTIVE_JOBS: "0",
    MAX_RUNNING_JOBS: "0",
    SUBMITS_PER_MINUTE: "0",
    MAX_STORED_BYTES: "0",
    REQUESTS_PER_MINUTE: "0",
    // The one-step job of the latencies calls a server on this machine.
    HTTP_ALLOW: "127.0.0.1",
  },
} satisfies WorkerSpec;

/** @param now epoch ms */
export async function apiKey(now: number, tenant = "bench"): Promise<string> {
  const request = { tenant, scope: ["jobs:read" as const, "jobs:write" as const], days: 1, secret: SECRET };
  return (await createKey(request, "key_000000000000000000000000", now)).key;
}
