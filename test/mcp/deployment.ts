import { env } from "cloudflare:workers";
import { parseJobId } from "../../src/jobs/id.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import type { McpDeps } from "../../src/mcp/deps.ts";
import { type Ask, type GuardedApi, registryOf } from "../../src/registry/api/client.ts";
import { cursorsOf } from "../../src/service/cursors.ts";
import { seeded } from "../../tooling/random.ts";
import { blueprint, callTool, type ToolResult, world } from "./support.ts";

export interface Deployment {
  tenant: string;
  /** The Worker, with REGISTRY_SHARDS as given: to raise it, take another one. */
  worker(shards: number): McpDeps;
  /** Calls of objects since the last look, as `<shard> <method>`. */
  calls(): string[];
  /** Resolves when the objects have answered every call. */
  answered(): Promise<void>;
}

/** Real objects of a new tenant, behind the tools. */
export function deployment(seed = 1): Deployment {
  const tenant = crypto.randomUUID();
  const random = seeded(seed);
  const cursors = cursorsOf(tenant);
  const calls: string[] = [];
  const answers: Promise<unknown>[] = [];
  const registry = (shard: number): GuardedApi =>
    new Proxy(registryOf(env.JOB_REGISTRY, tenant, shard), {
      get: (stub, method: keyof GuardedApi) => {
        calls.push(`${shard} ${method}`);
        return (...args: unknown[]) => {
          const answer: Promise<unknown> = Reflect.apply(Reflect.get(stub, method), stub, args);
          answers.push(answer);
          return answer;
        };
      },
    });
  const ask: Ask = async (shard, call) => {
    const reply = await call(registry(shard), { tenant, shard, key_id: null, actor: null });
    if (!reply.ok) throw new Error(reply.error);
    return reply.value;
  };
  return {
    tenant,
    worker: (shards) => world({ tenant, shards, random, ask, cursors, blueprints: [blueprint(1)], now: Date.now }).deps,
    calls: () => calls.splice(0),
    answered: async () => {
      await Promise.all(answers.splice(0));
    },
  };
}

/** The engine has no part in these jobs. The same for all of a test: it belongs to what a key stands for. */
export const IN_TIME = new Date(Date.now() + 100 * 86_400_000).toISOString();

export function submit(deps: McpDeps, more: JsonObject = {}): Promise<ToolResult> {
  return callTool(deps, "jobs_submit_blueprint", { blueprint: "double", input: { n: 1 }, run_at: IN_TIME, ...more });
}

export async function submitted(deps: McpDeps, more: JsonObject = {}): Promise<string> {
  const { structured, isError, text } = await submit(deps, more);
  if (isError) throw new Error(text);
  return String(structured.id);
}

/** One after another, the n-th with `{ n }` as its metadata. */
export async function submitMany(deps: McpDeps, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push(await submitted(deps, { metadata: { n } }));
  return ids;
}

export const shardOf = (id: string): number => parseJobId(id)?.shard ?? -1;

export const newestFirst = (ids: Iterable<string>): string[] => [...ids].sort().reverse();

/** The ids of all pages. @param between what happens after each page */
export async function pagesOf(
  deps: McpDeps,
  args: JsonObject,
  between: () => Promise<unknown> = async () => undefined,
): Promise<string[][]> {
  const pages: string[][] = [];
  for (let cursor: JsonObject = {}; ; ) {
    const { structured } = await callTool(deps, "jobs_list", { ...args, ...cursor });
    pages.push((structured.jobs as { id: string }[]).map(({ id }) => id));
    if (structured.next_cursor === undefined) return pages;
    cursor = { cursor: structured.next_cursor ?? null };
    await between();
  }
}
