import { readFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { modulesIn, OPTIONS_FILE } from "./bundle-files.ts";
import type { ServeOrder } from "./workerd-server.ts";

/** A process that serves a bundle until it is ended: see workerd-server.ts. */

const { folder, port, stateDir, vars, hasExplorer }: ServeOrder = JSON.parse(process.argv[2] ?? "");
const options = JSON.parse(readFileSync(join(folder, OPTIONS_FILE), "utf8"));

const worker = {
  ...options,
  name: "edge-jobs",
  bindings: { ...options.bindings, ...vars },
  modules: modulesIn(folder),
  modulesRoot: folder,
};
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    host: "127.0.0.1",
    port,
    cf: false,
    log: new Log(LogLevel.WARN),
    logRequests: false,
    unsafeLocalExplorer: hasExplorer,
    handleStructuredLogs: ({ message }) => console.log(message),
    // Where `wrangler dev` keeps it.
    resourcePersistencePath: join(stateDir, "v3"),
    workers: [worker],
  }),
);
process.once("SIGTERM", () => miniflare.dispose().then(() => process.exit(0)));
await miniflare.ready;
// Most are killed, and write nothing when they end.
flushCompileCache();
