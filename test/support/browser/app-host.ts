import type { CallToolResult, Client, JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import { AppBridge, type McpUiHostContext } from "@modelcontextprotocol/ext-apps/app-bridge";
import type { Browser, FrameLocator, Page } from "playwright-core";

/** A host of MCP Apps: the official bridge, with a page in a sandboxed frame of a real browser. */

/** What hosts let a page do that asks for nothing: the specification's own default. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'none'",
].join("; ");

const HOST = `<!doctype html><meta charset="utf-8"><title>A host</title>
<style>:root { color-scheme: light dark } body { margin: 0 } iframe { width: 100%; height: 100vh; border: 0 }</style>
<script>addEventListener("message", ({ source, data }) => source === frames[0] && tellHost(JSON.stringify(data)))</script>`;

/** Between the bridge and the page, as between two windows of a browser. */
class FrameTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  async start(): Promise<void> {
    await this.#page.exposeFunction("tellHost", (text: string) => this.onmessage?.(JSON.parse(text)));
  }

  async send(message: JSONRPCMessage): Promise<void> {
    await this.#page.evaluate(`frames[0].postMessage(${JSON.stringify(message)}, "*")`);
  }

  async close(): Promise<void> {
    this.onclose?.();
  }
}

export interface AppHost {
  /** What the page shows. */
  frame: FrameLocator;
  /** What the host shows around it. */
  page: Page;
  /** What the page told the model, the latest last. */
  told: string[];
  /** Errors and warnings of its console, among them what the policy forbade. */
  complaints: string[];
  /** Give the page the result of the call that it is the view of. */
  show: (result: CallToolResult) => Promise<void>;
  /** Ask the page to end, as before its frame is removed. */
  teardown: () => Promise<unknown>;
  close: () => Promise<void>;
}

/** The type wants all of some 80 variables; hosts may send a few. */
const LOOK = {
  theme: "dark",
  styles: { variables: { "--color-text-primary": "rgb(250, 240, 230)" } },
} as unknown as McpUiHostContext;

/** @param client null: a host that calls no tools for its pages */
export async function openApp(browser: Browser, html: string, client: Client | null): Promise<AppHost> {
  const page = await browser.newPage({ locale: "en-US", viewport: { width: 720, height: 800 } });
  const complaints: string[] = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  const capabilities = { updateModelContext: { text: {} }, ...(client && { serverTools: {} }) };
  const who = { name: "edge-jobs-tests", version: "1.0.0" };
  const bridge = new AppBridge(client, who, capabilities, { hostContext: LOOK });
  const told: string[] = [];
  bridge.onupdatemodelcontext = async ({ content = [] }) => {
    told.push(...content.flatMap((part) => (part.type === "text" ? [part.text] : [])));
    return {};
  };
  const ready = new Promise<void>((resolve) => {
    bridge.oninitialized = () => resolve();
  });
  await bridge.connect(new FrameTransport(page));
  await page.setContent(HOST);
  const guarded = html.replace(
    '<meta charset="utf-8">',
    (meta) => `${meta}<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
  );
  await page.evaluate(`{
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts allow-forms";
    frame.srcdoc = ${JSON.stringify(guarded)};
    document.body.append(frame);
  }`);
  await ready;
  return {
    frame: page.frameLocator("iframe"),
    page,
    told,
    complaints,
    show: async (result) => {
      await bridge.sendToolInput({ arguments: {} });
      await bridge.sendToolResult(result);
    },
    teardown: () => bridge.teardownResource({}),
    close: async () => {
      await bridge.close();
      await page.close();
    },
  };
}
