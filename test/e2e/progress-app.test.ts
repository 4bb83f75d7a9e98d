import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { HTMLButtonElement, HTMLElement, HTMLInputElement, HTMLSelectElement } from "happy-dom";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AppHost, openApp } from "../support/app-host.ts";
import { callTool, untilSettled } from "../support/clients.ts";
import { ownTenant } from "../support/server.ts";

let client: Client;
let app: AppHost | undefined;

beforeEach(async () => {
  client = new Client({ name: "edge-jobs-tests", version: "1.0.0" });
  const { endpoint, key } = await ownTenant();
  const authProvider = { token: async () => key };
  await client.connect(new StreamableHTTPClientTransport(new URL(endpoint), { authProvider }));
});
afterEach(async () => {
  await app?.close();
  await client.close();
});

/** The page that the tool names, as hosts find it. */
async function viewOf(tool: string): Promise<string> {
  const { tools } = await client.listTools();
  const view = tools.find(({ name }) => name === tool)?._meta?.ui as { resourceUri: string } | undefined;
  const { contents } = await client.readResource({ uri: view?.resourceUri ?? `${tool} has no view` });
  const [page] = contents;
  expect(page?.mimeType).toBe("text/html;profile=mcp-app");
  return page && "text" in page ? page.text : "";
}

/** Submits, and shows the reply in a page that a host has opened for it. */
async function submitInHost(
  steps: object[],
  calls: Client | null = client,
): Promise<{ id: string; page: HTMLElement }> {
  app = await openApp(await viewOf("jobs_submit_blueprint"), calls);
  const args = { blueprint: { name: "shown", steps } };
  const result = await client.callTool({ name: "jobs_submit_blueprint", arguments: args });
  await app.show(result);
  const { id } = result.structuredContent as { id: string };
  return { id, page: app.page };
}

const find = <T extends HTMLElement>(page: HTMLElement, selector: string) =>
  vi.waitUntil(() => page.querySelector(selector) as T | null, { timeout: 15_000 });
const shown = (page: HTMLElement) => page.querySelector("#status")?.textContent;
const buttonOf = (page: HTMLElement, label: string) =>
  vi.waitUntil(
    () => [...page.querySelectorAll("button")].find((button) => button.textContent === label) as HTMLButtonElement,
    { timeout: 15_000 },
  );

describe("the progress page in a host of MCP Apps", () => {
  it("shows steps and result of a job to its end, and tells the model of it once", async () => {
    const { id, page } = await submitInHost([
      { id: "nap", type: "sleep", for: "5 seconds" },
      { id: "answer", type: "transform", value: { text: "<b>done</b>" } },
    ]);
    await find(page, 'li[data-step="nap"][data-status="waiting"]');
    await vi.waitUntil(() => shown(page) === "succeeded", { timeout: 30_000 });
    expect(page.querySelector("pre")?.textContent).toBe(JSON.stringify({ text: "<b>done</b>" }, null, 2));
    expect(page.querySelector("b")).toBeNull();
    expect(page.querySelector("button")).toBeNull();
    await vi.waitUntil(() => app?.told.length, { timeout: 15_000 });
    expect(app?.told).toEqual([`Job ${id} has succeeded; jobs_get_status has the rest.`]);
  });

  it("answers a question with what was entered, in the types of its schema", async () => {
    const properties = {
      note: { type: "string", title: "Note" },
      count: { type: "integer", minimum: 1 },
      sure: { type: "boolean" },
      size: { type: "string", enum: ["s", "l"] },
    };
    const schema = { type: "object", properties, required: ["note", "count", "size"] };
    const { id, page } = await submitInHost([{ id: "ask", type: "input", message: "Go on?", schema }]);
    const form = await find(page, "form");
    expect(form.textContent).toContain("Go on?");
    const [note, count, sure] = form.querySelectorAll("input") as unknown as HTMLInputElement[];
    if (!note || !count || !sure) throw new Error("fields are missing");
    note.value = "yes";
    count.value = "3";
    sure.checked = true;
    (form.querySelector("select") as HTMLSelectElement).value = "l";
    (await buttonOf(page, "Send")).click();
    const job = await untilSettled(client, id);
    expect(job.result).toEqual({ action: "accept", content: { note: "yes", count: 3, sure: true, size: "l" } });
    await vi.waitUntil(() => shown(page) === "succeeded", { timeout: 30_000 });
    expect(page.querySelector("form")).toBeNull();
  });

  it("shows why an answer was refused, and takes the next one", async () => {
    const schema = { type: "object", properties: { count: { type: "integer", minimum: 1 } }, required: ["count"] };
    const { id, page } = await submitInHost([{ id: "ask", type: "input", message: "How many?", schema }]);
    const input = await find<HTMLInputElement>(page, "form input");
    input.value = "";
    input.required = false;
    (await buttonOf(page, "Send")).click();
    await find(page, "#trouble");
    (await buttonOf(page, "Decline")).click();
    expect((await untilSettled(client, id)).result).toMatchObject({ action: "decline" });
    await vi.waitUntil(() => shown(page) === "succeeded", { timeout: 30_000 });
    expect(page.querySelector("#trouble")).toBeNull();
  });

  it("cancels the job when asked to", async () => {
    const { id, page } = await submitInHost([{ id: "nap", type: "sleep", for: "1 hour" }]);
    (await buttonOf(page, "Cancel")).click();
    await vi.waitUntil(() => shown(page) === "cancelled", { timeout: 15_000 });
    expect((await callTool(client, "jobs_get_status", { job_id: id })).structured.status).toBe("cancelled");
  });

  it("shows the reply as it is, without buttons, where the host calls no tools", async () => {
    const { page } = await submitInHost([{ id: "nap", type: "sleep", for: "1 hour" }], null);
    await find(page, "#status");
    expect(shown(page)).toMatch(/queued|running/);
    expect(page.querySelector("button")).toBeNull();
  });

  it("says that there is no job in a reply without one, and ends when it is asked to", async () => {
    app = await openApp(await viewOf("jobs_get_status"), client);
    await app.show({ content: [{ type: "text", text: "Unknown job: x" }], isError: true });
    await vi.waitUntil(() => app?.page.textContent?.includes("no job"));
    expect(await app.teardown()).toEqual({});
  });
});
