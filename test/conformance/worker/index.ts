import { version } from "../../../package.json";
import type { Principal } from "../../../src/auth/principal.ts";
import type { Env } from "../../../src/env.ts";
import { mcpDeps } from "../../../src/mcp/deps.ts";
import { answerWithoutServer, serveMcp } from "../../../src/mcp/endpoint.ts";
import { buildFixtureServer } from "./fixtures.ts";

export { JobRegistry, JobWorkflow } from "../../../src/index.ts";

const CALLER: Principal = { tenant: "local", key_id: null, scopes: ["jobs:read", "jobs:write"] };

/** The endpoint of the shipped Worker, whose server offers the fixtures too. */
function serve(request: Request, env: Env): Promise<Response> {
  if (request.method !== "POST") return answerWithoutServer(request);
  return serveMcp(request, mcpDeps(env, CALLER, version), buildFixtureServer);
}

export default { fetch: serve } satisfies ExportedHandler<Env>;
