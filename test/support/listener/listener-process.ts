import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type McpSubscription, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { contributeTaskFilterV2 } from "@modelcontextprotocol/ext-tasks/core/v2";

/**
 * A process of its own that listens to one job with the official client, as a host would: `node listener-process.ts
 * <server> [key]`. It says when it is ready, and is then told the job's id. It writes a JSON line for everything that it hears,
 * listens again when its stream breaks, and ends when the server ends a stream as planned.
 */

const [url, key] = process.argv.slice(2);
if (url === undefined) throw new Error("usage: listener-process.ts <server> [key]");

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
say({ method: "ready", params: {} });
const jobId = (await text(process.stdin)).trim();

async function listenOnce(): Promise<"local" | "graceful" | "remote"> {
  const client = new Client(
    { name: "edge-jobs-listener", version: "1.0.0" },
    {
      capabilities: { extensions: { "io.modelcontextprotocol/tasks": {} } },
      versionNegotiation: { mode: { pin: "2026-07-28" } },
    },
  );
  client.fallbackNotificationHandler = async ({ method, params }) => say({ method, params });
  client.setNotificationHandler("notifications/resources/updated", ({ method, params }) => say({ method, params }));
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }));
  const { notifications } = contributeTaskFilterV2({ notifications: { resourceSubscriptions: [`job://${jobId}`] } }, [
    jobId,
  ]);
  const subscription: McpSubscription = await client.listen(notifications);
  say({ method: "ack", params: subscription.honoredFilter });
  const end = await subscription.closed;
  await client.close();
  return end;
}

for (;;) {
  const end = await listenOnce().catch((error: unknown) => String(error));
  say({ method: "end", params: { end } });
  if (end === "graceful") break;
  await sleep(200);
}
