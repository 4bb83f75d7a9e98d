import { waitUntil } from "cloudflare:workers";
import { pageHosts } from "../auth/allowed-origins.ts";
import { hasLoopbackHost } from "../auth/loopback.ts";
import type { Principal } from "../auth/principal.ts";
import type { Refusal } from "../auth/refusal.ts";
import { authenticateViewer } from "../auth/session.ts";
import type { Env } from "../env.ts";
import type { RequestLog } from "../lib/log.ts";
import type { Result } from "../lib/result.ts";
import { KEEP_ALIVE_MS, LOCAL_KEEP_ALIVE_MS } from "../limits.ts";
import { type Ask, askAsServer } from "../registry/api/client.ts";
import type { KeyWatch } from "../registry/api/keys.ts";
import { type ServiceContext, serviceContext } from "../service/context.ts";

/** What is said of each call, once: to the log and to the measurements. */
export interface Called {
  name: string;
  outcome: "ok" | "refused" | "crash";
  ms: number;
}

/** What the routes under /api/v1 are served with. Tests bring their own. */
export interface RestDeps {
  /** Who calls, from the request's credentials. */
  principal: () => Promise<Result<Principal, Refusal>>;
  service: (principal: Principal, watch: KeyWatch) => ServiceContext;
  /** Without the caller's key. */
  askAsServer: (principal: Principal) => Ask;
  /** Hostnames of the web pages that may call. */
  pages: () => readonly string[];
  version: string;
  keepAliveMs: number;
  log: RequestLog;
  measure: (called: Called) => void;
  /** A new reference that connects an error's reply with its log line. */
  newReference: () => string;
  background: (work: Promise<void>) => void;
}

export function restDeps(request: Request, url: URL, env: Env, version: string, log: RequestLog): RestDeps {
  return {
    principal: () => authenticateViewer(request, url, env, Date.now()),
    service: (principal, watch) => serviceContext(env, principal, watch, url.origin),
    askAsServer: ({ tenant }) => askAsServer(env.JOB_REGISTRY, tenant),
    pages: () => pageHosts(env, url),
    version,
    keepAliveMs: hasLoopbackHost(url) ? LOCAL_KEEP_ALIVE_MS : KEEP_ALIVE_MS,
    log,
    measure: ({ name, outcome, ms }) =>
      env.METRICS.writeDataPoint({ indexes: [name], blobs: [name, outcome, "rest"], doubles: [ms] }),
    newReference: () => crypto.randomUUID(),
    background: waitUntil,
  };
}
