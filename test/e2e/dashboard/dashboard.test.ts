import { mkdir } from "node:fs/promises";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ownTenant, type Place } from "../../support/server.ts";
import { launchBrowser, NO_BROWSER } from "./browser.ts";

/** Where screenshots go when they are asked for with SCREENSHOTS=1. */
const IMAGES = "docs/images";
/** Each would run, load or be seen if the dashboard took a text for markup. */
const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  "javascript:alert(1)",
  '"><svg onload=alert(1)>',
  "{{constructor.constructor('alert(1)')()}}",
  "<iframe srcdoc='<script>alert(1)</script>'>",
];

const browser: Browser | undefined = await launchBrowser();
let place: Place;
let context: BrowserContext;
let page: Page;
/** What the page complained of: errors, and what its policy forbade. */
let complaints: string[];

async function api<T>(method: string, path: string, body?: object): Promise<T> {
  const headers = { authorization: `Bearer ${place.key}`, "content-type": "application/json" };
  const response = await fetch(`${place.url}/api/v1${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as T;
}

const submit = async (name: string, steps: object[], input: object = {}): Promise<string> =>
  (await api<{ id: string }>("POST", "/jobs", { name, input, blueprint: { name: "shown", steps } })).id;

const value = (id: string, value: unknown) => ({ id, type: "transform", value });
const ask = {
  id: "approve",
  type: "input",
  message: "Publish it?",
  schema: {
    type: "object",
    properties: { channel: { type: "string", enum: ["stable", "beta"] }, announce: { type: "boolean", default: true } },
    required: ["channel"],
  },
};

async function signedIn(options: Parameters<Browser["newContext"]>[0] = {}): Promise<void> {
  if (browser === undefined) throw new Error("these tests are skipped without a browser");
  context = await browser.newContext(options);
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  complaints = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => complaints.push(`a dialog: ${dialog.message()}`));
  await page.goto(`${place.url}/ui/`);
  await page.fill("input[name=key]", place.key);
  await page.click("button[type=submit]");
  await page.waitForSelector("nav");
}

const goTo = async (hash: string, sign: string): Promise<void> => {
  await page.goto(`${place.url}/ui/#/${hash}`);
  await page.waitForSelector(sign);
};

const button = (name: string, within = "#app") =>
  page.locator(within).getByRole("button", { name, exact: true }).last();

const rowOf = (id: string): string => `[data-job="${id}"]`;

beforeEach(({ skip }) => skip(browser === undefined, NO_BROWSER));
beforeAll(async () => {
  place = await ownTenant();
});
afterAll(() => browser?.close());
afterEach(() => context?.close());

describe("the dashboard in a browser", () => {
  it("lets nobody in without a good key, and forgets who signed out", async () => {
    await signedIn();
    expect(await page.textContent(".who")).toContain("tenant-");
    await button("Sign out").click();
    await page.waitForSelector("input[name=key]");
    expect(complaints).toEqual([]);
    await page.fill("input[name=key]", "ej1_nonsense");
    await page.click("button[type=submit]");
    expect(await page.textContent(".problem")).toContain("not valid here");
  });

  it("shows a job that begins and ends while the list is seen, without a reload", async () => {
    await signedIn();
    await goTo("jobs", "main h1");
    const id = await submit("seen live", [value("v", 1)]);
    await page.waitForSelector(`${rowOf(id)} .succeeded`);
    await page.click(rowOf(id));
    await page.waitForSelector("text=It succeeded");
    expect(await page.textContent(".moments")).toContain("settled");
    expect(complaints).toEqual([]);
  });

  it("keeps a filter in the URL, so that it can be passed on", async () => {
    const id = await submit("to be cancelled", [{ id: "nap", type: "sleep", for: "1 hour" }]);
    const other = await submit("done", [value("v", 1)]);
    await signedIn();
    await goTo("jobs", rowOf(id));
    await button("running").click();
    await page.waitForSelector(rowOf(other), { state: "detached" });
    expect(page.url()).toContain("status=running");
    await goTo(`jobs/${id}`, ".falls");
    await button("Cancel").click();
    await button("Cancel", "dialog").click();
    await page.waitForSelector("text=It was cancelled");
    expect((await api<{ status: string }>("GET", `/jobs/${id}`)).status).toBe("cancelled");
  });

  it("answers what a job asks, by a form made of the question's schema", async () => {
    const id = await submit("asks", [ask, value("told", "{% $steps.approve.content %}")]);
    await signedIn();
    await goTo(`jobs/${id}`, "form.ask");
    await button("Answer", "form.ask").click();
    expect(await page.textContent(".problem")).toContain("channel");
    await page.selectOption("form.ask select", "beta");
    await button("Answer", "form.ask").click();
    await page.waitForSelector("text=It succeeded");
    const { result } = await api<{ result: object }>("GET", `/jobs/${id}`);
    expect(result).toEqual({ channel: "beta", announce: true });
  });

  it("submits a plan, says what is wrong with it before, and retries it from a step", async () => {
    await signedIn();
    await goTo("jobs?new=1", "dialog");
    await page.fill("dialog textarea[name=blueprint]", '{"name":"mine","steps":[{"id":"a","type":"nothing"}]}');
    await button("Check", "dialog").click();
    expect(await page.textContent("dialog .problem")).toContain("blueprint.steps[0].type");
    const plan = { name: "mine", steps: [value("a", 1), value("b", "{% $steps.a + 1 %}")] };
    await page.fill("dialog textarea[name=blueprint]", JSON.stringify(plan));
    await button("Submit", "dialog").click();
    await page.waitForSelector("text=It succeeded");
    const first = page.url();
    await page.click(".fall:nth-of-type(1) >> nth=1");
    await button("Retry").click();
    await button("Retry", "dialog").click();
    await page.waitForURL((url) => url.href !== first);
    await page.waitForSelector("text=Retry of");
  });

  it("makes a trigger, fires it, and shows what became of that; a fault of its document stands where it is made", async () => {
    await signedIn();
    await goTo("triggers", "main h1");
    await button("New trigger").click();
    const document = { name: "by-hand", schedule: { cron: "0 8 * * *" }, blueprint: "nothing" };
    await page.fill("textarea[name=trigger]", JSON.stringify(document));
    await button("Save", "dialog").click();
    expect(await page.textContent("dialog .problem")).toContain("blueprint");
    const plan = { name: "mine", steps: [value("v", 1)] };
    await page.fill("textarea[name=trigger]", JSON.stringify({ ...document, blueprint: plan }));
    await button("Save", "dialog").click();
    await page.waitForSelector("text=It was never due.");
    await button("Fire now").click();
    await page.click(".moments a");
    await page.waitForSelector("text=It succeeded");
    await goTo("triggers/by-hand", ".moments a");
    await button("Pause").click();
    await button("Resume").waitFor();
    await button("Delete").click();
    await button("Delete with its ledger").click();
    await page.waitForSelector("text=Nothing starts by itself yet");
  });

  it.each(HOSTILE)("shows %s as the text that it is", async (text) => {
    const id = await submit(text, [value("v", "{% $input.text %}")], { text });
    await signedIn();
    await goTo("jobs", rowOf(id));
    await goTo(`jobs/${id}`, "text=It succeeded");
    expect(await page.textContent("main h1")).toBe(text);
    expect(await page.textContent("main")).toContain(JSON.stringify(text));
    expect(await page.$$eval("main iframe, main script, main svg, main img", (all) => all.length)).toBe(0);
    expect(complaints).toEqual([]);
  });

  it.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 390],
    ["dark", 390],
  ] as const)("fits its window in %s, %i wide, in every view", async (colorScheme, width) => {
    const id = await submit("publish release 2.4", [value("notes", { text: "Fixes" }), ask]);
    await submit("nightly report", [value("rows", [1, 2, 3]), value("total", { sum: "{% $sum($steps.rows) %}" })]);
    await submit("fetch the feed", [{ id: "feed", type: "http", url: "https://feed.internal/rss" }]);
    await signedIn({ colorScheme, viewport: { width, height: 800 } });
    const views = {
      home: ".tile",
      jobs: rowOf(id),
      [`jobs/${id}`]: "form.ask",
      blueprints: ".row",
      triggers: "main h1",
      "blueprints/url-audit": "pre",
    };
    for (const [hash, sign] of Object.entries(views)) {
      await goTo(hash, sign);
      const beyond = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      expect(`${hash}: ${beyond} px beyond`).toBe(`${hash}: 0 px beyond`);
      if (process.env.SCREENSHOTS === undefined || hash.includes("audit") || hash === "triggers") continue;
      await mkdir(IMAGES, { recursive: true });
      const name = hash === `jobs/${id}` ? "job" : hash.replace("/", "-");
      await page.screenshot({ path: `${IMAGES}/${name}-${colorScheme}-${width}.png` });
    }
    expect(complaints).toEqual([]);
  });
});
