import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AppHost, openApp } from "../support/browser/app-host.ts";
import { launchBrowser, NO_BROWSER } from "../support/browser/browser.ts";
import { callTool, untilSettled } from "../support/clients.ts";
import { ownTenant } from "../support/server.ts";

/** The larger it is, the longer each host waits for it; it comes once and stays in its cache. */
const MAX_PAGE_BYTES = 48 * 1_024;

const browser = await launchBrowser();
let client: Client;
let app: AppHost | undefined;

beforeEach(async ({ skip }) => {
  skip(browser === undefined, NO_BROWSER);
  client = new Client({ name: "edge-jobs-tests", version: "1.0.0" });
  const { endpoint, key } = await ownTenant();
  const authProvider = { token: async () => key };
  await client.connect(new StreamableHTTPClientTransport(new URL(endpoint), { authProvider }));
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await client?.close();
});
afterAll(() => browser?.close());

/** The page that the tool names, as hosts find it. */
async function viewOf(tool: string): Promise<string> {
  const { tools } = await client.listTools();
  const view = tools.find(({ name }) => name === tool)?._meta?.ui as { resourceUri: string } | undefined;
  const { contents } = await client.readResource({ uri: view?.resourceUri ?? `${tool} has no view` });
  const [page] = contents;
  expect(page?.mimeType).toBe("text/html;profile=mcp-app");
  return page && "text" in page ? page.text : "";
}

async function open(tool: string, calls: Client | null): Promise<AppHost> {
  if (browser === undefined) throw new Error(NO_BROWSER);
  app = await openApp(browser, await viewOf(tool), calls);
  app.page.setDefaultTimeout(20_000);
  return app;
}

/** Submits, and shows the reply in a page that a host has opened for it. */
async function submitInHost(steps: object[], calls: Client | null = client): Promise<AppHost & { id: string }> {
  const host = await open("jobs_submit_blueprint", calls);
  const args = { blueprint: { name: "shown", steps } };
  const result = await client.callTool({ name: "jobs_submit_blueprint", arguments: args });
  await host.show(result);
  const { id } = result.structuredContent as { id: string };
  return { ...host, id };
}

const button = ({ frame }: AppHost, name: string) => frame.getByRole("button", { name, exact: true });
const stands = ({ frame }: AppHost, status: string) => frame.locator(`.head .status.${status}`).waitFor();

describe("the progress page in a host of MCP Apps", () => {
  it("is one small file, which asks for nothing elsewhere", async () => {
    const page = await viewOf("jobs_submit_blueprint");
    expect(Buffer.byteLength(page)).toBeLessThan(MAX_PAGE_BYTES);
    expect(page).not.toMatch(/<(?:link|img|iframe|base)\b|src=|@import|url\(/);
  });

  it("shows steps and result of a job to its end, and tells the model of it once", async () => {
    const host = await submitInHost([
      { id: "nap", type: "sleep", for: "5 seconds" },
      { id: "answer", type: "transform", value: { text: "<b>done</b>" } },
    ]);
    const { frame, id } = host;
    await frame.locator('li[data-step="nap"][data-status="waiting"]').waitFor();
    await stands(host, "succeeded");
    expect(await frame.locator("pre").textContent()).toBe(JSON.stringify({ text: "<b>done</b>" }, null, 2));
    expect(await frame.locator("pre b").count()).toBe(0);
    expect(await frame.getByRole("button").count()).toBe(0);
    expect(await frame.locator(".verdict").textContent()).toMatch(/^It succeeded after/);
    await expect.poll(() => host.told).toEqual([`Job ${id} has succeeded; jobs_get_status has the rest.`]);
    expect(host.complaints).toEqual([]);
  });

  it("answers a question with what was entered, in the types of its schema", async () => {
    const properties = {
      note: { type: "string", title: "Note" },
      count: { type: "integer", minimum: 1 },
      sure: { type: "boolean" },
      size: { type: "string", enum: ["s", "l"], enumNames: ["small", "large"] },
      lane: { type: "string", oneOf: [{ const: "f", title: "fast" }] },
      days: { type: "array", items: { type: "string", enum: ["mon", "tue", "wed"] } },
    };
    const schema = { type: "object", properties, required: ["note", "count", "size"] };
    const host = await submitInHost([{ id: "ask", type: "input", message: "Go on?", schema }]);
    const { frame, id } = host;
    const form = frame.locator("form");
    expect(await form.textContent()).toContain("Go on?");
    await form.getByLabel("Note").fill("yes");
    await form.getByLabel("count").fill("3");
    await form.getByLabel("sure").check();
    await form.getByLabel("size").selectOption({ label: "large" });
    await form.getByLabel("lane").selectOption({ label: "fast" });
    await form.getByLabel("days").selectOption(["mon", "wed"]);
    await button(host, "Answer").click();
    const job = await untilSettled(client, id);
    const content = { note: "yes", count: 3, sure: true, size: "l", lane: "f", days: ["mon", "wed"] };
    expect(job.result).toEqual({ action: "accept", content });
    await stands(host, "succeeded");
    expect(await form.count()).toBe(0);
    expect(host.complaints).toEqual([]);
  });

  it("keeps what is typed while the job is looked at again, shows why it was refused, and takes the next one", async () => {
    const schema = { type: "object", properties: { count: { type: "integer", minimum: 1 } }, required: ["count"] };
    const host = await submitInHost([{ id: "ask", type: "input", message: "How many?", schema }]);
    const { frame, id } = host;
    await button(host, "Answer").click();
    expect(await frame.locator("form .problem").textContent()).toContain("count");
    await frame.getByLabel("count").fill("7");
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await frame.getByLabel("count").inputValue()).toBe("7");
    await button(host, "Decline").click();
    expect((await untilSettled(client, id)).result).toMatchObject({ action: "decline" });
    await stands(host, "succeeded");
    expect(await frame.locator(".problem").count()).toBe(0);
  });

  it("cancels the job when asked to", async () => {
    const host = await submitInHost([{ id: "nap", type: "sleep", for: "1 hour" }]);
    await button(host, "Cancel").click();
    await stands(host, "cancelled");
    expect((await callTool(client, "jobs_get_status", { job_id: host.id })).structured.status).toBe("cancelled");
  });

  it("shows the reply as it is, without buttons, where the host calls no tools", async () => {
    const host = await submitInHost([{ id: "nap", type: "sleep", for: "1 hour" }], null);
    await host.frame.locator(".head .status").waitFor();
    expect(await host.frame.locator(".head .status").textContent()).toMatch(/queued|running/);
    expect(await host.frame.getByRole("button").count()).toBe(0);
  });

  it("says that there is no job in a reply without one, and ends when it is asked to", async () => {
    const host = await open("jobs_get_status", client);
    await host.show({ content: [{ type: "text", text: "Unknown job: x" }], isError: true });
    await host.frame.getByText("There is no job to follow here.").waitFor();
    expect(await host.teardown()).toEqual({});
  });

  it("wears the colours of its host", async () => {
    const host = await submitInHost([{ id: "nap", type: "sleep", for: "1 hour" }]);
    await host.frame.locator("h1").waitFor();
    const ink = await host.page.frames()[1]?.evaluate("getComputedStyle(document.querySelector('h1')).color");
    expect(ink).toBe("rgb(250, 240, 230)");
  });
});
