import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, inject } from "vitest";
import { keyOf } from "../../tooling/fuzz/tenants.ts";
import type { RunningServer } from "../../tooling/servers/running-server.ts";
import { startServer } from "../../tooling/servers/workerd-server.ts";

/**
 * One real server for the tests of a file or group, with state of its own. A test during which the runtime crashed
 * by itself fails, even when everything was answered.
 * @returns the server, from the first hook on
 */
export function useServer(vars: Record<string, string> = {}): () => RunningServer {
  let server: RunningServer | undefined;
  const running = (): RunningServer => {
    if (!server) throw new Error("the server is there only inside tests and hooks");
    return server;
  };
  beforeAll(async () => {
    server = await startServer(vars);
  });
  afterEach(() => server?.assertNoCrash());
  afterAll(() => server?.stop());
  return running;
}

/** Where a tenant meets its server, and who it is there. */
export interface Place {
  /** Of the server. */
  url: string;
  /** Its endpoint for MCP. */
  endpoint: string;
  /** An API key of all scopes. */
  key: string;
  close(): Promise<void>;
}

/**
 * A tenant of its own, for the tests of a file, at the server that such files share. It may call any service on
 * 127.0.0.1, and meets no quota. When that server crashes, the run fails at its end.
 */
export async function ownTenant(): Promise<Place> {
  const { url, secret } = inject("shared");
  const key = await keyOf(`tenant-${randomBytes(8).toString("hex")}`, secret);
  return { url, endpoint: `${url}/mcp`, key, close: async () => undefined };
}
