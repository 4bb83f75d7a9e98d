import type { TestProject } from "vitest/node";
import { startFakeModel } from "../../tooling/fake-model.ts";
import { newSecret } from "../../tooling/fuzz/tenants.ts";
import { startServer } from "../../tooling/servers/workerd-server.ts";
import { startReceiver } from "../../tooling/services/receiver.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** `callbacks`: where events may be sent; all of them are taken. */
    shared: { url: string; secret: string; callbacks: string };
  }
}

/** No file may meet a limit because of another one, and each starts its services on ports of its own. */
const VARS = {
  HTTP_ALLOW: "127.0.0.1",
  MAX_ACTIVE_JOBS: "0",
  MAX_RUNNING_JOBS: "0",
  MAX_STORED_BYTES: "0",
  SUBMITS_PER_MINUTE: "0",
};

/** One server for all files that need no settings of their own and do not kill it: see `ownTenant`. */
export default async function shareServer(project: TestProject): Promise<() => Promise<void>> {
  const secret = newSecret();
  const model = await startFakeModel();
  const ai = { AI_BASE_URL: model.url, AI_MODEL: "fake-1", AI_KEY: "key-of-the-fake" };
  const receiver = await startReceiver();
  const events = { EVENTS_ALLOW: receiver.url };
  const vars = { AUTH_SECRET: secret, ...VARS, ...ai, ...events };
  const server = await startServer(vars, { hasExplorer: true });
  project.provide("shared", { url: server.url, secret, callbacks: receiver.url });
  return async () => {
    await server.stop();
    model.close();
    await receiver.close();
  };
}
