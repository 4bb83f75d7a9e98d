import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { SkillsClient } from "@modelcontextprotocol/client/ext/skills";
import { describe, expect, it } from "vitest";
import { serveMcp } from "../../src/mcp/endpoint.ts";
import { guideText } from "../../src/mcp/guide/guide.ts";
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

  it("has the guide as one skill, whose files are what its entry says", async () => {
    const w = world();
    const client = await connected(w, mode);
    const skills = new SkillsClient(client);
    expect(skills.supported).toBe(true);
    const { skills: listed } = await skills.list();
    expect(listed).toMatchObject([{ uri: "skill://edge-jobs-blueprints/SKILL.md" }]);
    const [skill] = listed;
    if (skill === undefined || skill.resources === "dynamic") throw new Error("no files");
    expect((await skills.get(skill.uri)).skill).toEqual(skill);
    expect(await skills.read(skill)).toMatchObject({
      verified: true,
      mimeType: "text/markdown",
      body: `\n${guideText(w.deps.handlers)}`,
    });
    for (const { uri } of skill.resources) {
      expect(await skills.read(skill, uri)).toMatchObject({
        verified: true,
        text: expect.stringMatching(/^(# |---\n)/),
      });
    }
    expect(skill.resources.map(({ uri }) => uri.replace("skill://edge-jobs-blueprints/", ""))).toEqual([
      "SKILL.md",
      ...["errors", "flow", "javascript", "status", "triggers", "undo"].map((topic) => `references/${topic}.md`),
    ]);
    await expect(skills.get("skill://other/SKILL.md")).rejects.toThrow("No skill is served at skill://other/SKILL.md");
    await expect(client.readResource({ uri: "skill://edge-jobs-blueprints/none.md" })).rejects.toThrow();
    expect(w.measured).toMatchObject(
      ["skills/list", "skills/get", "skills/get"].map((name) => ({ name, outcome: "ok" })),
    );
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
