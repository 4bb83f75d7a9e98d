import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { JobStatus } from "../src/jobs/view.ts";
import { readStatus } from "../tooling/status-reply.ts";

/** The calls that the demo makes, over the official client. Each throws with the server's text when it is an error. */

export async function connect(mcpUrl: string): Promise<Client> {
  const client = new Client({ name: "edge-jobs-demo", version: "1.0.0" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(new URL(mcpUrl)));
  return client;
}

export const submit = (client: Client, args: Record<string, unknown>): Promise<JobStatus> =>
  statusFrom(client, "jobs_submit_blueprint", args);

export const getStatus = (client: Client, jobId: string): Promise<JobStatus> =>
  statusFrom(client, "jobs_get_status", { job_id: jobId, include: ["steps"] });

/** The text of the prompt, as a model would get it. */
export async function postmortem(client: Client, jobId: string): Promise<string> {
  const { messages } = await client.getPrompt({ name: "jobs_postmortem", arguments: { job_id: jobId } });
  return textOf(messages.map(({ content }) => content));
}

/** What the tool answers as data. */
export async function callTool(client: Client, name: string, args: Record<string, unknown>): Promise<unknown> {
  const reply = await client.callTool({ name, arguments: args });
  if (reply.isError) throw new Error(`${name}: ${textOf(reply.content)}`);
  return reply.structuredContent;
}

const statusFrom = async (client: Client, name: string, args: Record<string, unknown>): Promise<JobStatus> =>
  readStatus(await callTool(client, name, args));

const textOf = (blocks: readonly { type: string; text?: unknown }[]): string =>
  blocks.flatMap(({ type, text }) => (type === "text" ? [String(text)] : [])).join("\n");
