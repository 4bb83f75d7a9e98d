import { z } from "zod";
import { version } from "../../../package.json";
import { pageHosts } from "../../../src/auth/allowed-origins.ts";
import type { Principal } from "../../../src/auth/principal.ts";
import type { Env } from "../../../src/env.ts";
import { RequestLog } from "../../../src/lib/log.ts";
import { mcpDeps } from "../../../src/mcp/deps.ts";
import { answerWithoutServer, serveMcp } from "../../../src/mcp/endpoint.ts";
import { declaresTasks, tasksMissing } from "../../../src/mcp/protocol/declared-tasks.ts";
import { buildFixtureServer } from "./fixtures.ts";
import { NEEDS_TASKS } from "./task-tools.ts";

export { JobRegistry } from "../../../src/index.ts";
export { JobWorkflow } from "./job-workflow.ts";

const CALLER: Principal = { tenant: "local", key_id: null, scopes: ["jobs:read", "jobs:write"] };

const Call = z.object({
  id: z.union([z.string(), z.int()]),
  method: z.literal("tools/call"),
  params: z.object({ name: z.string(), _meta: z.unknown() }),
});

/** The refusal of a call that only declaring clients may make. A tool cannot refuse so: the SDK would call it the tool's error. */
async function refusal(request: Request): Promise<Response | undefined> {
  const call = Call.safeParse(await request.json().catch(() => undefined)).data;
  if (call === undefined || !NEEDS_TASKS.has(call.params.name) || declaresTasks(call.params._meta)) return undefined;
  const { code, message, data } = tasksMissing();
  return Response.json({ jsonrpc: "2.0", id: call.id, error: { code, message, data } }, { status: 400 });
}

/** The endpoint of the shipped Worker, whose server offers the fixtures too. */
async function serve(request: Request, env: Env): Promise<Response> {
  const url = new URL(request.url);
  if (request.method !== "POST") return answerWithoutServer(request, pageHosts(env, url));
  const refused = await refusal(request.clone());
  if (refused !== undefined) return refused;
  return serveMcp(request, mcpDeps(env, CALLER, version, url, new RequestLog(Date.now)), { build: buildFixtureServer });
}

export default { fetch: serve } satisfies ExportedHandler<Env>;
