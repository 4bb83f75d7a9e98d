import type { CallToolResult, Client, JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import { AppBridge } from "@modelcontextprotocol/ext-apps/app-bridge";
import { type HTMLElement, type HTMLIFrameElement, Window } from "happy-dom";

/** A host of MCP Apps: the official bridge, with a page in a frame of a document without a screen. */

/** Between the bridge and the page, as between two windows of a browser. */
class FrameTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #host: Window;
  readonly #frame: HTMLIFrameElement;

  constructor(host: Window, frame: HTMLIFrameElement) {
    this.#host = host;
    this.#frame = frame;
  }

  async start(): Promise<void> {
    this.#host.addEventListener("message", (event) =>
      this.onmessage?.((event as unknown as { data: JSONRPCMessage }).data),
    );
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.#frame.contentWindow?.postMessage(message, "*");
  }

  async close(): Promise<void> {
    this.onclose?.();
  }
}

export interface AppHost {
  /** What the page shows. */
  page: HTMLElement;
  /** What the page told the model, the latest last. */
  told: string[];
  /** Give the page the result of the call that it is the view of. */
  show: (result: CallToolResult) => Promise<void>;
  /** Ask the page to end, as before its frame is removed. */
  teardown: () => Promise<unknown>;
  close: () => Promise<void>;
}

/** @param client null: a host that calls no tools for its pages */
export async function openApp(html: string, client: Client | null): Promise<AppHost> {
  const host = new Window({
    url: "http://localhost/",
    settings: { enableJavaScriptEvaluation: true, suppressInsecureJavaScriptEnvironmentWarning: true },
  });
  const frame = host.document.createElement("iframe") as HTMLIFrameElement;
  const capabilities = { updateModelContext: { text: {} }, ...(client && { serverTools: {} }) };
  const bridge = new AppBridge(client, { name: "edge-jobs-tests", version: "1.0.0" }, capabilities);
  const told: string[] = [];
  bridge.onupdatemodelcontext = async ({ content = [] }) => {
    told.push(...content.flatMap((part) => (part.type === "text" ? [part.text] : [])));
    return {};
  };
  const ready = new Promise<void>((resolve) => {
    bridge.oninitialized = () => resolve();
  });
  await bridge.connect(new FrameTransport(host, frame));
  frame.srcdoc = html;
  host.document.body.append(frame);
  await ready;
  const page = frame.contentDocument?.querySelector("main");
  if (!page) throw new Error("the page has no main element");
  return {
    page: page as HTMLElement,
    told,
    show: async (result) => {
      await bridge.sendToolInput({ arguments: {} });
      await bridge.sendToolResult(result);
    },
    teardown: () => bridge.teardownResource({}),
    close: async () => {
      await bridge.close();
      await host.happyDOM.close();
    },
  };
}
