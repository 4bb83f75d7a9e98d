/** The host that shows this page, by JSON-RPC 2.0 over postMessage (MCP Apps, 2026-01-26). */

interface Message {
  jsonrpc: "2.0";
  id?: number | string;
  method?: string;
  params?: Record<string, unknown>;
  result?: unknown;
  error?: { code: number; message: string };
}

export interface ToolResult {
  isError?: boolean;
  content?: { type: string; text?: string }[];
  structuredContent?: unknown;
}

export interface HostCapabilities {
  /** Absent: the host calls no tools for its pages. */
  serverTools?: object;
  updateModelContext?: object;
}

interface HostContext {
  theme?: string;
  styles?: { variables?: Record<string, string | undefined> };
}

/** What the host tells. */
export interface Listener {
  onResult: (result: ToolResult) => void;
  onEnd: () => void;
}

/** Colours and fonts of hosts, by those of the dashboard's parts. */
const TOKENS: Readonly<Record<string, string>> = {
  "--color-text-primary": "--ink",
  "--color-text-secondary": "--quiet",
  "--color-text-success": "--good",
  "--color-text-danger": "--bad",
  "--color-text-warning": "--warn",
  "--color-text-info": "--live",
  "--color-background-primary": "--surface",
  "--color-background-secondary": "--ground",
  "--color-background-success": "--good-ground",
  "--color-background-danger": "--bad-ground",
  "--color-background-warning": "--warn-ground",
  "--color-background-info": "--live-ground",
  "--color-border-primary": "--line",
  "--font-mono": "--mono",
  "--font-sans": "--sans",
};

function dress({ theme, styles }: HostContext): void {
  const { style } = document.documentElement;
  if (theme !== undefined) style.colorScheme = theme;
  for (const [name, value] of Object.entries(styles?.variables ?? {})) {
    const token = TOKENS[name];
    if (token !== undefined && value !== undefined) style.setProperty(token, value);
  }
}

const UNKNOWN_METHOD = -32_601;
const GREETING = {
  appInfo: { name: "edge-jobs-progress", version: "1" },
  appCapabilities: {},
  protocolVersion: "2026-01-26",
};

type Call = PromiseWithResolvers<unknown>;

export class Embedding {
  readonly #listener: Listener;
  readonly #calls = new Map<number | string, Call>();
  #lastId = 0;
  capabilities: HostCapabilities = {};

  constructor(listener: Listener) {
    this.#listener = listener;
    addEventListener("message", ({ source, data }: MessageEvent<Message | undefined>) => {
      if (source === parent && data?.jsonrpc === "2.0") this.#hear(data);
    });
  }

  /** Says what this page is, learns what the host can do, and tells it how large the page is from then on. */
  async begin(): Promise<void> {
    const { hostCapabilities = {}, hostContext = {} } = (await this.#request("ui/initialize", GREETING)) as {
      hostCapabilities?: HostCapabilities;
      hostContext?: HostContext;
    };
    this.capabilities = hostCapabilities;
    dress(hostContext);
    this.#post({ method: "ui/notifications/initialized", params: {} });
    new ResizeObserver(() => {
      const { width, height } = document.documentElement.getBoundingClientRect();
      const params = { width: Math.ceil(width), height: Math.ceil(height) };
      this.#post({ method: "ui/notifications/size-changed", params });
    }).observe(document.documentElement);
  }

  callTool(name: string, args: object): Promise<ToolResult> {
    return this.#request("tools/call", { name, arguments: args }) as Promise<ToolResult>;
  }

  async tellModel(text: string): Promise<void> {
    if (this.capabilities.updateModelContext === undefined) return;
    await this.#request("ui/update-model-context", { content: [{ type: "text", text }] });
  }

  #post(message: Omit<Message, "jsonrpc">): void {
    parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  }

  #request(method: string, params: Record<string, unknown>): Promise<unknown> {
    const call: Call = Promise.withResolvers();
    this.#calls.set(++this.#lastId, call);
    this.#post({ id: this.#lastId, method, params });
    return call.promise;
  }

  #hear({ id, method, params = {}, result, error }: Message): void {
    if (method === undefined) {
      const call = this.#calls.get(id ?? "");
      this.#calls.delete(id ?? "");
      if (error) call?.reject(new Error(error.message));
      else call?.resolve(result);
      return;
    }
    if (method === "ui/notifications/tool-result") this.#listener.onResult(params as ToolResult);
    if (method === "ui/notifications/host-context-changed") dress(params as HostContext);
    if (method === "ui/resource-teardown") this.#listener.onEnd();
    if (id === undefined) return;
    const isKnown = method === "ui/resource-teardown" || method === "ping";
    const refusal = { code: UNKNOWN_METHOD, message: `Unknown method: ${method}` };
    this.#post(isKnown ? { id, result: {} } : { id, error: refusal });
  }
}
