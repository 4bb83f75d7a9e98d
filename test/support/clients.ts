import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

/** The part of an official client that the tests use, alike in all of them. */
export type AnyClient = Client | ClientV1;

const INFO = { name: "edge-jobs-tests", version: "1.0.0" };

/** Each way in which an official client can talk to the server. Each returns a connected client; close it. */
export const CLIENTS: Record<string, (endpoint: string, key?: string) => Promise<AnyClient>> = {
  "client 2.4.0, default (2025)": (endpoint, key) => connect(new Client(INFO), endpoint, key),
  "client 2.4.0, auto": connectAuto,
  "client 2.4.0, pinned to 2026-07-28": (endpoint, key) =>
    connect(new Client(INFO, { versionNegotiation: { mode: { pin: "2026-07-28" } } }), endpoint, key),
  "sdk 1.32.2": async (endpoint, key) => {
    const client = new ClientV1(INFO);
    await client.connect(new TransportV1(new URL(endpoint), { requestInit: { headers: bearer(key) } }));
    return client;
  },
};

export const bearer = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };

async function connect(client: Client, endpoint: string, key?: string): Promise<Client> {
  await client.connect(new StreamableHTTPClientTransport(new URL(endpoint), { requestInit: { headers: bearer(key) } }));
  return client;
}

/** A client that finds out by itself which era the server is of. */
export function connectAuto(endpoint: string, key?: string): Promise<AnyClient> {
  return connect(new Client(INFO, { versionNegotiation: { mode: "auto" } }), endpoint, key);
}

export interface ToolReply {
  isError?: boolean;
  text: string;
  structured: Record<string, unknown>;
}

/** Calls a tool and reads its reply as every client can. */
export async function callTool(client: AnyClient, name: string, args: Record<string, unknown>): Promise<ToolReply> {
  const reply = (await client.callTool({ name, arguments: args })) as {
    isError?: boolean;
    content: { type: string; text?: string }[];
    structuredContent?: Record<string, unknown>;
  };
  const text = reply.content.flatMap((part) => (part.type === "text" && part.text ? [part.text] : [])).join("\n");
  return { isError: reply.isError === true, text, structured: reply.structuredContent ?? {} };
}

/** Asks for the status until the job has settled. */
export async function untilSettled(
  client: AnyClient,
  jobId: string,
  timeoutMs = 60_000,
): Promise<Record<string, unknown>> {
  const deadline = Date.now() + timeoutMs;
  // What takes long is looked at less often: a look is work of the server, which many tests share.
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs + 10, 500)) {
    const { structured } = await callTool(client, "jobs_get_status", { job_id: jobId, include: ["steps", "events"] });
    if (["succeeded", "failed", "cancelled"].includes(String(structured.status))) return structured;
    if (Date.now() > deadline) throw new Error(`job ${jobId} did not settle: ${JSON.stringify(structured)}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

const REACHED_MS = 30_000;

/** Looks until it is so. @param what in the words of the error, when it never is */
export async function until(reached: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + REACHED_MS;
  while (!(await reached())) {
    if (Date.now() > deadline) throw new Error(`not within 30 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
