import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { launchBrowser, NO_BROWSER } from "../../support/browser/browser.ts";
import { ownTenant, type Place } from "../../support/server.ts";

/** Somebody who looks at the dashboard of a tenant, in a real browser. */
export interface Viewer {
  readonly page: Page;
  readonly place: Place;
  /** What the page complained of: errors, and what its policy forbade. */
  readonly complaints: readonly string[];
  /** @throws what the server says when it refuses */
  api<T>(method: string, path: string, body?: object): Promise<T>;
  /** @returns the id of the job */
  submit(name: string, steps: object[], more?: object): Promise<string>;
  /** A page of its own, signed in. */
  open(options?: Parameters<Browser["newContext"]>[0]): Promise<void>;
  /** Into a page that is open, by the form. */
  signIn(): Promise<void>;
  goTo(hash: string, sign: string): Promise<void>;
  button(name: string, within?: string): ReturnType<Page["locator"]>;
}

/** Also of a machine that has none. */
const LOCALE = { locale: "en-US" };

type Cookies = Awaited<ReturnType<BrowserContext["storageState"]>>;

class BrowsingViewer implements Viewer {
  readonly #browser: Browser | undefined;
  #place: Place | undefined;
  #context: BrowserContext | undefined;
  #page: Page | undefined;
  #cookies: Cookies | undefined;
  complaints: string[] = [];

  constructor(browser: Browser | undefined) {
    this.#browser = browser;
  }

  get page(): Page {
    if (this.#page === undefined) throw new Error("no page is open");
    return this.#page;
  }

  get place(): Place {
    if (this.#place === undefined) throw new Error("the tenant is there only inside tests");
    return this.#place;
  }

  async settle(): Promise<void> {
    this.#place = await ownTenant();
  }

  async api<T>(method: string, path: string, body?: object): Promise<T> {
    const headers = { authorization: `Bearer ${this.place.key}`, "content-type": "application/json" };
    const response = await fetch(`${this.place.url}/api/v1${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async submit(name: string, steps: object[], more: object = {}): Promise<string> {
    const job = await this.api<{ id: string }>("POST", "/jobs", { name, blueprint: { name: "shown", steps }, ...more });
    return job.id;
  }

  async open(options: Parameters<Browser["newContext"]>[0] = {}): Promise<void> {
    if (this.#browser === undefined) throw new Error(NO_BROWSER);
    const storageState = this.#cookies;
    this.#context = await this.#browser.newContext({ ...LOCALE, ...options, ...(storageState && { storageState }) });
    const page = await this.#context.newPage();
    this.#page = page;
    this.complaints = [];
    page.setDefaultTimeout(20_000);
    page.on(
      "console",
      (message) => ["error", "warning"].includes(message.type()) && this.complaints.push(message.text()),
    );
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("dialog", (dialog) => this.complaints.push(`a dialog: ${dialog.message()}`));
    await page.goto(`${this.place.url}/ui/`);
    if (storageState === undefined) await this.signIn();
    else await page.waitForSelector("nav");
  }

  async signIn(): Promise<void> {
    await this.page.fill("input[name=key]", this.place.key);
    await this.page.click("button[type=submit]");
    await this.page.waitForSelector("nav");
    this.#cookies = await this.#context?.storageState();
  }

  async goTo(hash: string, sign: string): Promise<void> {
    await this.page.goto(`${this.place.url}/ui/#/${hash}`);
    await this.page.waitForSelector(sign);
  }

  button(name: string, within = "#app") {
    return this.page.locator(within).getByRole("button", { name, exact: true }).last();
  }

  async close(): Promise<void> {
    await this.#context?.close();
    this.#context = undefined;
    this.#page = undefined;
  }
}

/** For the tests of a file: one browser, one tenant, a page for each test. */
export async function useViewer(): Promise<Viewer> {
  const browser = await launchBrowser();
  const viewer = new BrowsingViewer(browser);
  beforeEach(({ skip }) => skip(browser === undefined, NO_BROWSER));
  beforeAll(() => viewer.settle());
  afterEach(() => viewer.close());
  afterAll(() => browser?.close());
  return viewer;
}

export const rowOf = (id: string): string => `[data-job="${id}"]`;

export const value = (id: string, value: unknown) => ({ id, type: "transform", value });

export const ask = {
  id: "approve",
  type: "input",
  message: "Publish it?",
  schema: {
    type: "object",
    properties: { channel: { type: "string", enum: ["stable", "beta"] }, announce: { type: "boolean", default: true } },
    required: ["channel"],
  },
};
