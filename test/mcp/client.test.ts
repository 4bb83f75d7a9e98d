import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { describe, expect, it } from "vitest";
import { serveMcp } from "../../src/mcp/endpoint.ts";
import { TOOLS } from "../../src/mcp/tools/index.ts";
import { jobIdOf, type World, world } from "./support.ts";

/** The official client over the real handler, without a network. */
async function connected({ deps }: World, mode: "legacy" | { pin: string }): Promise<Client> {
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
  const transport = new StreamableHTTPClientTransport(new URL("http://localhost/mcp"), {
    fetch: async (url, init) => {
      const request = new Request(url, init);
      request.headers.set("host", "localhost");
      return request.method === "POST" ? serveMcp(request, deps) : new Response(null, { status: 405 });
    },
  });
  await client.connect(transport);
  return client;
}

describe.each([
  ["2025-11-25", "legacy"],
  ["2026-07-28", { pin: "2026-07-28" }],
] as const)("the official client of %s", (_, mode) => {
  it("submits, waits, reads status, resource and prompt", async () => {
    const w = world();
    const client = await connected(w, mode);
    expect((await client.listTools()).tools).toHaveLength(TOOLS.length);
    const submitted = await client.callTool({
      name: "jobs_submit_blueprint",
      arguments: { blueprint: "double", input: { n: 21 }, wait_seconds: 1 },
    });
    expect(submitted.structuredContent).toMatchObject({ id: jobIdOf(1), status: "succeeded", result: { n: 42 } });
    const status = await client.callTool({ name: "jobs_get_status", arguments: { job_id: jobIdOf(1) } });
    expect(status.structuredContent).toMatchObject({ id: jobIdOf(1), status: "succeeded" });
    const listed = await client.callTool({ name: "jobs_list", arguments: {} });
    expect(listed.structuredContent).toMatchObject({ jobs: [{ id: jobIdOf(1) }] });
    const read = await client.readResource({ uri: `job://${jobIdOf(1)}` });
    expect(read.contents).toMatchObject([{ uri: `job://${jobIdOf(1)}`, mimeType: "application/json" }]);
    const { prompts } = await client.listPrompts();
    expect(prompts).toMatchObject([
      { name: "jobs_plan", arguments: [{ name: "goal", required: true }] },
      { name: "jobs_postmortem", arguments: [{ name: "job_id", required: true }] },
    ]);
    await client.close();
  });

  it("gets our text for bad arguments, a dry run and an unknown job", async () => {
    const client = await connected(world(), mode);
    const bad = await client.callTool({ name: "jobs_submit_blueprint", arguments: { wait_seconds: 51 } });
    expect(bad).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(/^wait_seconds: /m) }] });
    const dry = await client.callTool({ name: "jobs_submit_blueprint", arguments: { blueprint: "x", dry_run: true } });
    expect(dry.structuredContent).toMatchObject({ valid: false });
    const unknown = await client.callTool({ name: "jobs_get_status", arguments: { job_id: "nope" } });
    expect(unknown).toMatchObject({ isError: true, content: [{ text: "Unknown job: nope" }] });
    await client.close();
  });
});
