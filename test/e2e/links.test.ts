import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import pMap from "p-map";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAX_LINK_BODY_BYTES } from "../../src/limits.ts";
import { launchBrowser, NO_BROWSER } from "../support/browser/browser.ts";
import { ownTenant, type Place } from "../support/server.ts";

const browser: Browser | undefined = await launchBrowser();
let place: Place;
let inbox: Server;
/** Texts that steps sent to a person. */
const received: string[] = [];
let inboxUrl = "";

beforeAll(async () => {
  place = await ownTenant();
  inbox = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      received.push(text);
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => inbox.listen(0, "127.0.0.1", resolve));
  inboxUrl = `http://127.0.0.1:${(inbox.address() as AddressInfo).port}/inbox`;
});
afterAll(async () => {
  await browser?.close();
  inbox.close();
});

async function api<T>(method: string, path: string, body?: object, key = place.key): Promise<T> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  return (await (await fetch(`${place.url}/api/v1${path}`, init)).json()) as T;
}

interface Job {
  id: string;
  status: string;
  result: { [field: string]: unknown } | null;
  input_requests: { request_id: string; url?: string }[];
  events?: { type: string; message: string | null }[];
}

const submit = (steps: object[]): Promise<Job> => api("POST", "/jobs", { blueprint: { name: "linked", steps } });
const look = (id: string, key?: string): Promise<Job> => api("GET", `/jobs/${id}?include=events`, undefined, key);

async function until(id: string, isIt: (job: Job) => boolean, key?: string): Promise<Job> {
  for (let tries = 0; ; tries++) {
    const job = await look(id, key);
    if (isIt(job)) return job;
    if (tries > 300) throw new Error(`the job stays as it is: ${JSON.stringify(job)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const settled = (id: string) => until(id, ({ status }) => ["succeeded", "failed", "cancelled"].includes(status));
const asks = (id: string) => until(id, ({ input_requests }) => input_requests.length > 0);

const SCHEMA = {
  type: "object",
  required: ["channel"],
  properties: {
    channel: { type: "string", title: "Channel", enum: "{% ['stable', 'beta'] %}", description: "Who gets it" },
    note: { type: "string", title: "Note", description: "A word to whoever asked" },
    days: { type: "integer", title: "Days", minimum: 1, maximum: 30 },
    announce: { type: "boolean", title: "Announce it", default: true },
  },
};
const question = (more: object = {}) => ({
  id: "ask",
  type: "input",
  link: true,
  message: "Publish release 2.4.0?\nThe tests are green.",
  schema: SCHEMA,
  ...more,
});
const tell = { id: "tell", type: "http", method: "POST", url: "", body: { text: "{% $link.ask %}" } };
const telling = () => ({ ...tell, url: inboxUrl });
const give = { id: "give", type: "transform", value: { link: "{% $link.ask %}" } };

/** The link that reached the person. */
const lastLink = (): string => JSON.parse(received.at(-1) ?? "{}").text;

const open = (link: string, accept = "application/json") => fetch(link, { headers: { accept } });
const send = (link: string, content: object) =>
  fetch(link, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(content),
  });

/** A link whose question comes when another has been answered, and how to answer that. */
async function earlyLink(): Promise<{ id: string; link: string; goOn: () => Promise<unknown> }> {
  const gate = { ...question({ schema: { type: "object" } }), id: "gate" };
  const { id } = await submit([telling(), gate, question()]);
  const [request] = (await asks(id)).input_requests;
  return { id, link: lastLink(), goOn: () => send(request?.url ?? "", {}) };
}

describe("a person who was sent a link", () => {
  it("answers in a browser, without script and without MCP, and the job goes on with it", async ({ skip }) => {
    skip(browser === undefined, NO_BROWSER);
    const { id } = await submit([telling(), question()]);
    const [request] = (await asks(id)).input_requests;
    expect(lastLink()).toBe(request?.url);
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1_100, 390]) {
        const looking = await browser?.newContext({ colorScheme, viewport: { width, height: 860 } });
        const page = await looking?.newPage();
        await page?.goto(lastLink());
        expect(await page?.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
        const { SCREENSHOTS: folder } = process.env;
        if (folder) await page?.screenshot({ path: `${folder}/link-${colorScheme}-${width}.png`, fullPage: true });
        await looking?.close();
      }
    }
    const context = await browser?.newContext({ javaScriptEnabled: false });
    const page = await context?.newPage();
    await page?.goto(`${lastLink()}?note=from+the+query`);
    expect(await page?.locator("h1").textContent()).toBe("Publish release 2.4.0?\nThe tests are green.");
    expect(await page?.locator("textarea[name=note]").inputValue()).toBe("from the query");
    await page?.getByLabel("beta").check();
    await page?.locator("input[name=days]").fill("3");
    await page?.getByRole("button", { name: "Send answer" }).click();
    expect(await page?.locator("h1").textContent()).toBe("Thank you, your answer is in");
    const { result } = await settled(id);
    const content = { channel: "beta", note: "from the query", days: 3, announce: true };
    expect(result).toEqual({ action: "accept", content });
    await page?.goto(lastLink());
    expect(await page?.locator("h1").textContent()).toBe("This question is closed");
    await context?.close();
  });

  it("sees what did not fit, beside what was sent, and may decline", async ({ skip }) => {
    skip(browser === undefined, NO_BROWSER);
    const { id } = await submit([give, question()]);
    const link = (await asks(id)).input_requests[0]?.url ?? "";
    const headers = { accept: "text/html", "content-type": "application/x-www-form-urlencoded" };
    const wrong = await fetch(link, { method: "POST", headers, body: "channel=gamma&note=%3Cb%3Ehi" });
    expect(wrong.status).toBe(422);
    expect(wrong.headers.get("content-security-policy")).toContain("form-action 'self'");
    const text = await wrong.text();
    expect(text).toContain("channel is not one of the allowed values");
    expect(text).toContain("&lt;b&gt;hi");
    const page = await browser?.newPage();
    await page?.goto(link);
    await page?.getByRole("button", { name: "Decline" }).click();
    expect((await settled(id)).result).toEqual({ action: "decline", content: null });
    await page?.close();
  });
});

describe("an answer that comes before its question", () => {
  it("is kept, and taken when the question is asked: nobody sees it open", async () => {
    const { id, link, goOn } = await earlyLink();
    expect(await (await open(link)).json()).toMatchObject({ status: "not_asked" });
    const first = await send(link, { channel: "stable" });
    expect([first.status, await first.json()]).toEqual([202, expect.objectContaining({ status: "kept" })]);
    expect((await send(link, { channel: "beta" })).status).toBe(409);
    await goOn();
    const job = await settled(id);
    expect(job.result).toEqual({ action: "accept", content: { channel: "stable" } });
    expect((await open(link)).status).toBe(410);
  });

  it("is dropped with an event when it does not fit, and the question is asked", async () => {
    const { id, link, goOn } = await earlyLink();
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await fetch(link, { method: "POST", headers: form, body: "channel=gamma" })).status).toBe(202);
    await goOn();
    const job = await until(id, ({ input_requests }) => input_requests[0]?.request_id === "ask");
    expect(job.events?.find(({ type }) => type === "answer_dropped")?.message).toContain("content.channel");
    expect((await send(link, { channel: "beta" })).status).toBe(200);
    expect((await settled(id)).result).toEqual({ action: "accept", content: { channel: "beta" } });
  });
});

describe("a link in a row", () => {
  it("is that of the row", async () => {
    const link = question({ schema: { type: "object" }, message: "{% $item %}?" });
    const rows = { id: "each", type: "map", over: ["a", "b"], steps: [give, link] };
    const { id } = await submit([rows]);
    const { input_requests: requests } = await until(id, ({ input_requests }) => input_requests.length === 2);
    for (const { url = "", request_id } of requests) {
      const asked = (await (await open(url)).json()) as { message: string };
      expect(asked.message).toBe(request_id === "each[0].ask" ? "a?" : "b?");
      expect((await send(url, {})).status).toBe(200);
    }
    expect((await settled(id)).status).toBe("succeeded");
  });
});

describe("tokens that are no link of a question", () => {
  it("answer nothing, though 200 are tried: forged, cut, of another purpose, of a settled job, sent again", async () => {
    const { id } = await submit([give, question()]);
    const link = (await asks(id)).input_requests[0]?.url ?? "";
    const [base = "", token = ""] = link.split(/(?<=\/a\/)/);
    const bytes = Buffer.from(token, "base64url");
    const flipped = Array.from({ length: 120 }, (_, i) => {
      const copy = Buffer.from(bytes);
      const at = i % copy.length;
      copy[at] = (copy[at] ?? 0) ^ (1 << (i % 8));
      return copy.toString("base64url");
    });
    const cut = Array.from({ length: 40 }, (_, i) => token.slice(0, Math.floor((token.length * i) / 40)));
    const made = Array.from({ length: 40 }, () => randomBytes(120).toString("base64url"));
    const forged = [...flipped, ...cut, ...made];
    const statuses = await pMap(forged, async (each) => (await send(`${base}${each}`, { channel: "beta" })).status, {
      concurrency: 8,
    });
    expect(new Set(statuses)).toEqual(new Set([404]));
    expect((await look(id)).input_requests).toHaveLength(1);
    // The signature of another tenant's link before the place of this one.
    const { key } = await ownTenant();
    const foreign = await api<Job>("POST", "/jobs", { blueprint: { name: "linked", steps: [question()] } }, key);
    const theirs = await until(foreign.id, ({ input_requests }) => input_requests.length > 0, key);
    const signature = Buffer.from(theirs.input_requests[0]?.url?.split("/a/")[1] ?? "", "base64url").subarray(0, 32);
    const swapped = Buffer.concat([signature, bytes.subarray(32)]).toString("base64url");
    expect((await send(`${base}${swapped}`, { channel: "beta" })).status).toBe(404);
    expect((await send(link, { channel: "beta", note: "x".repeat(MAX_LINK_BODY_BYTES) })).status).toBe(413);
    expect((await send(link, { channel: "beta" })).status).toBe(200);
    const again = await Promise.all(Array.from({ length: 10 }, () => send(link, { channel: "stable" })));
    expect(again.every(({ status }) => status === 409 || status === 410)).toBe(true);
    expect((await settled(id)).result).toEqual({ action: "accept", content: { channel: "beta" } });
    expect((await send(link, { channel: "stable" })).status).toBe(410);
  });
});
