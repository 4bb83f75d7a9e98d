/**
 * What the local runtime is told beside the Worker. V8 by itself lets 48 MiB of garbage pile up in each isolate before it
 * collects any, and then some times as much as lives; what outlives that it lets pile up to 120 MiB before it first looks at
 * all. A deployed isolate has 128 MB for all.
 */
export const RUNTIME_ENV = {
  WRANGLER_SEND_METRICS: "false",
  MINIFLARE_WORKERD_V8_FLAGS: "--max-semi-space-size=4 --initial-old-space-size=24 --heap-growing-percent=20",
  // A record of every call for the local explorer, which no deployment has and which grows for ever. Beside two busy jobs it
  // kept the process from reading any request for as long as they ran.
  X_LOCAL_OBSERVABILITY: "false",
} as const;
