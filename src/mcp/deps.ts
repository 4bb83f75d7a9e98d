import { waitUntil } from "cloudflare:workers";
import { pageHosts } from "../auth/allowed-origins.ts";
import type { Principal } from "../auth/principal.ts";
import { type Env, settingsOf } from "../env.ts";
import type { RequestLog } from "../lib/log.ts";
import type { WaitReport } from "../registry/api/caller.ts";
import { KeyWatch } from "../registry/api/keys.ts";
import { HOME_SHARD, type ServiceContext, serviceContext } from "../service/context.ts";
import { callbacksOf } from "../service/events/callbacks-of.ts";
import type { Callbacks } from "../service/events/subscribing.ts";
import type { Listened } from "./events/event-request.ts";
import { type Record, recorder } from "./protocol/metrics.ts";

/** What an MCP server for one request is made of. */
export interface McpDeps extends ServiceContext {
  /** Aborts when the client hangs up, of which the SDK knows nothing. */
  gone?: AbortSignal;
  /** Of what needs a key: what the registry said of it. */
  key?: { watch: KeyWatch; check: () => Promise<unknown> };
  /** Undefined: without AUTH_SECRET. */
  callbacks?: Callbacks | undefined;
  /** Is told what a request wants to hear of as a stream, once it was found good. */
  openPush?: (listened: Listened) => void;
  /** What `?tools=` of the URL names; absent or null: all. */
  groups?: string | null;
  /** Hostnames of the web pages that may call. */
  pages: () => readonly string[];
  version: string;
  /** URL of the page that says what this server is. */
  home: string;
  /** How long a settled job is kept. */
  retentionMs: number;
  /** A new reference that connects an error's reply with its log line. */
  newReference: () => string;
  log: RequestLog;
  record: Record;
  /** What the fast lane saw of the jobs that a request waits for. */
  seen?: WaitReport;
  /** Lets work go on when its client has gone. */
  background: (work: Promise<void>) => void;
}

/** @param url of the request */
export function mcpDeps(env: Env, principal: Principal, version: string, url: URL, log: RequestLog): McpDeps {
  const { retentionMs } = settingsOf(env);
  const watch = new KeyWatch();
  const service = serviceContext(env, principal, watch, url.origin);
  const check = () => service.ask(HOME_SHARD, (registry, caller) => registry.checkKey(caller));
  return {
    ...service,
    ...(principal.key_id !== null && { key: { watch, check } }),
    callbacks: callbacksOf(env),
    groups: url.searchParams.get("tools"),
    pages: () => pageHosts(env, url),
    version,
    home: `${url.origin}/`,
    retentionMs,
    newReference: () => crypto.randomUUID(),
    log,
    record: recorder(env.METRICS),
    background: waitUntil,
  };
}
