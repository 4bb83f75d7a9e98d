import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";
import { version } from "../../package.json";
import { CATALOG } from "../catalog/index.ts";
import { egress } from "../egress/egress.ts";
import { type Home, homeOf } from "../egress/self-call.ts";
import { type AiSettings, type Env, type RunParams, settingsOf } from "../env.ts";
import { parseJobId } from "../jobs/id.ts";
import type { JsonObject } from "../lib/json.ts";
import { askAsServer, registryOf } from "../registry/api/client.ts";
import { lookUpBlueprint } from "../service/blueprints/find-blueprint.ts";
import { HOME_SHARD } from "../service/context.ts";
import { linkToken } from "../service/links/link-token.ts";
import type { EngineStep, ModelPort } from "./ports.ts";
import { runBlueprint } from "./run-blueprint.ts";
import { secretsOf } from "./secrets-of-run.ts";

const newId = () => crypto.randomUUID().slice(0, 8);

let process: string | undefined;
/** Made at its first use: the platform has no random numbers before the first request. */
function processId(): string {
  process ??= newId();
  return process;
}

/** The endpoint is the operator's choice: it may be private. */
function modelOf({ AI }: Env, settings: AiSettings, home: Home): ModelPort {
  const allow = settings.baseUrl === undefined ? [] : [new URL(settings.baseUrl).host];
  const run = AI && ((model: string, input: JsonObject): Promise<unknown> => AI.run(model as never, input as never));
  return { settings, fetch: egress({ allow, home }), run };
}

/** What Cloudflare Workflows runs. Only forwards. */
export class JobWorkflow extends WorkflowEntrypoint<Env, RunParams> {
  override async run(event: Readonly<WorkflowEvent<RunParams>>, step: WorkflowStep): Promise<void> {
    const { tenant, job_id, attempt } = event.payload;
    const shard = parseJobId(job_id)?.shard;
    if (shard === undefined) throw new Error(`the engine was given no job id: ${job_id}`);
    const ask = askAsServer(this.env.JOB_REGISTRY, tenant);
    const settings = settingsOf(this.env);
    const { ai, httpAllow, publicOrigin, secrets: signing } = settings;
    const pause = (ms: number) => scheduler.wait(ms);
    const home = await homeOf(this.env.AUTH_SECRET, () => crypto.randomUUID());
    const { secrets, knowSecrets } = secretsOf(settings, tenant, ask, pause);
    await runBlueprint(
      {
        registry: () => registryOf(this.env.JOB_REGISTRY, tenant, shard),
        // The platform types a step's result as its own recursive Serializable, which JSON is.
        step: step as unknown as EngineStep,
        fetch: egress({
          allow: httpAllow,
          secrets,
          home,
        }),
        publicOrigin,
        linkToken: (jobId, path) => linkToken({ tenant, jobId, path }, signing),
        model: ai && modelOf(this.env, ai, home),
        secrets,
        knowSecrets,
        userAgent: `edge-jobs/${version}`,
        blueprint: (reference) => lookUpBlueprint({ ask, blueprints: CATALOG.blueprints }, reference),
        store: (key, write) => ask(HOME_SHARD, (home, server) => home.useStore(server, key, write)),
        emit: (event) => ask(shard, (registry, server) => registry.emitEvent(server, { ...event, job_id })),
        handlers: CATALOG.handlers,
        now: Date.now,
        random: Math.random,
        process: processId,
        newToken: newId,
        pause,
      },
      { tenant, job_id, attempt },
    );
  }
}
