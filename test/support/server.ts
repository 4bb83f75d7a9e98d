import { afterAll, afterEach, beforeAll } from "vitest";
import { type DevServer, startDevServer } from "../../tooling/dev-server.ts";

/**
 * One real server for the tests of a file or group, with state of its own. A test during which the runtime crashed
 * by itself fails, even when everything was answered.
 * @returns the server, from the first hook on
 */
export function useServer(vars: Record<string, string> = {}): () => DevServer {
  let server: DevServer | undefined;
  const running = (): DevServer => {
    if (!server) throw new Error("the server is there only inside tests and hooks");
    return server;
  };
  beforeAll(async () => {
    server = await startDevServer({ vars });
  });
  afterEach(() => server?.assertNoCrash());
  afterAll(() => server?.stop());
  return running;
}
