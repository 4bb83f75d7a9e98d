import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unstable_startWorker as startWorker } from "wrangler";

/** workerd with the objects of bench/scale/worker.ts, and the service that their jobs call. */
export interface ScaleRuntime {
  /** `http://127.0.0.1:<port>` */
  serviceUrl: string;
  /** Calls a method of one of the objects; `Call` of the worker names them. */
  call: <T>(object: string, method: string, ...args: unknown[]) => Promise<T>;
  stop: () => Promise<void>;
}

/** Answers a webhook as most do, with nothing; `/fail` with 404. */
async function startService() {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(request.url === "/fail" ? 404 : 204).end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => server.close() };
}

export async function startScaleRuntime(): Promise<ScaleRuntime> {
  const service = await startService();
  const persist = await mkdtemp(join(tmpdir(), "edge-jobs-scale-"));
  const worker = await startWorker({
    config: join(import.meta.dirname, "scale/wrangler.toml"),
    bindings: { HTTP_ALLOW: { type: "plain_text", value: service.host } },
    dev: { persist, logLevel: "error", inspector: false, watch: false, server: { hostname: "127.0.0.1", port: 0 } },
  });
  const url = await worker.url;
  return {
    serviceUrl: `http://${service.host}`,
    call: async (...call) => {
      const response = await worker.fetch(url.href, { method: "POST", body: JSON.stringify(call) });
      const text = await response.text();
      if (!response.ok) throw new Error(`${call.slice(0, 2).join(".")}: ${text}`);
      return JSON.parse(text);
    },
    stop: async () => {
      await worker.dispose();
      service.stop();
      await rm(persist, { recursive: true });
    },
  };
}
