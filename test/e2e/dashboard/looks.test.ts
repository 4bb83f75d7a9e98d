import { mkdir } from "node:fs/promises";
import pMap from "p-map";
import { describe, expect, it } from "vitest";
import { everyNth } from "../../../tooling/tiers.ts";
import { setting } from "../../support/setting.ts";
import { barriers } from "./barriers.ts";
import { HOSTILE_TEXTS } from "./hostile-texts.ts";
import { ask, rowOf, useViewer, value } from "./viewer.ts";

/** How the dashboard looks, and that it takes no text for markup. */

const viewer = await useViewer();

/** Where screenshots go when they are asked for with SCREENSHOTS=1: `npm run screenshots`, which leaves hostile texts out. */
const IMAGES = "docs/images";

const MARKUP =
  "main :is(iframe, script, img, video, object, style, link, meta, math, details[ontoggle], [onerror], [onload])";

const TEXTS = everyNth(HOSTILE_TEXTS, setting("TEXT_STRIDE"), setting("SEED"));
/** As many at once as a result that is shown whole has room for. */
const AT_ONCE = 40;
const forms = Array.from({ length: Math.ceil(TEXTS.length / AT_ONCE) }, (_, n) =>
  TEXTS.slice(AT_ONCE * n, AT_ONCE * (n + 1)),
);
const quoted = (texts: readonly string[]): string[] => texts.map((text) => JSON.stringify(text));
const oneForEach = <T>(submit: (text: string, i: number) => Promise<T>): Promise<T[]> =>
  pMap(TEXTS, submit, { concurrency: 8 });

describe("a text", () => {
  it(`is shown as it is, in ${TEXTS.length} of 200 forms that would run if it were markup`, async () => {
    expect(new Set(HOSTILE_TEXTS).size).toBe(200);
    const lot = "hostile";
    // A plan that writes out {{ or ${ is refused: it would be meant as a template.
    const steps = [value("v", "{% $input.text %}"), { id: "no", type: "end", message: "{% $input.text %}" }];
    const failed = await oneForEach((text) => viewer.submit(text, steps, { input: { text }, metadata: { lot } }));
    const all = [value("v", "{% $input.texts %}")];
    const wholes = forms.map((texts) => viewer.submit("of forms", all, { input: { texts }, metadata: { texts } }));
    const each = [{ ...ask, message: "{% $item %}" }];
    const asks = [{ id: "all", type: "map", over: "{% $input.texts %}", concurrency: 16, steps: each }];
    const texts = TEXTS.filter((_, i) => i % 13 === 0);
    const asking = await viewer.submit("asks", asks, { input: { texts } });
    await viewer.open();
    const { page } = viewer;
    const elsewhere: string[] = [];
    page.on("request", (request) => request.url().startsWith(viewer.place.url) || elsewhere.push(request.url()));
    const seenIn = async (hash: string, sign: string, texts: readonly string[]) => {
      await viewer.goTo(hash, sign);
      const shown = (await page.textContent("main")) ?? "";
      expect(texts.filter((text) => !shown.includes(text))).toEqual([]);
      expect(await page.locator(MARKUP).count()).toBe(0);
    };
    const ofLot = `jobs?status=failed&metadata=${encodeURIComponent(JSON.stringify({ lot }))}`;
    await seenIn(ofLot, ".selectable", []);
    const rows = new Set<string>();
    const scrolled = async () => {
      for (const row of await page.locator(".selectable .name").allTextContents()) rows.add(row);
      expect(await page.locator(MARKUP).count()).toBe(0);
      await page.mouse.wheel(0, 1_000);
      return rows.size;
    };
    await expect.poll(scrolled, { timeout: 15_000 }).toBe(TEXTS.length);
    expect([...rows].sort()).toEqual(TEXTS.map((text) => `${text}Step no: ${text}`).sort());
    for (const [n, id] of (await Promise.all(wholes)).entries()) {
      await viewer.goTo(`jobs/${id}`, `code >> text=${id}`);
      const texts = quoted(forms[n] ?? []);
      await seenIn(`jobs/${id}`, "text=It succeeded", texts);
      const about = await page.textContent(".facts");
      expect(texts.filter((text) => !about?.includes(text))).toEqual([]);
    }
    await viewer.goTo(`jobs/${asking}`, `code >> text=${asking}`);
    await expect.poll(() => page.locator("form.ask").count()).toBe(texts.length);
    await seenIn(`jobs/${asking}`, "form.ask", texts);
    for (const [i, text] of TEXTS.entries()) {
      if (i % 17 !== 0) continue;
      await viewer.goTo(`jobs/${failed[i]}`, `code >> text=${failed[i]}`);
      await viewer.button("Graph").click();
      await page.locator(".box", { hasText: "no" }).click();
      await viewer.button("Postmortem").click();
      await page.waitForSelector("pre.tall");
      await seenIn(`jobs/${failed[i]}`, ".drawer >> text=Output", [text]);
    }
    await seenIn("events", "main h1", []);
    await seenIn("home", "text=Why they failed", []);
    expect([viewer.complaints, elsewhere]).toEqual([[], []]);
  });
});

describe("the dashboard", () => {
  it.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 390],
    ["dark", 390],
  ] as const)("fits its window in %s, %i wide, in every view, and can be read", async (colorScheme, width) => {
    const id = await viewer.submit("publish release 2.4", [value("notes", { text: "Fixes" }), ask]);
    const report = await viewer.submit("nightly report", [
      value("rows", [1, 2, 3]),
      { id: "both", type: "parallel", branches: { crm: [value("crm", 1)], billing: [value("billing", 2)] } },
      value("total", { sum: "{% $sum($steps.rows) %}" }),
    ]);
    await viewer.submit("fetch the feed", [{ id: "feed", type: "http", url: "https://feed.internal/rss" }]);
    await viewer.submit("frame", [{ id: "render", type: "worker", queue: "frames", input: {} }]);
    const schedule = { cron: "30 7 * * 1-5", timezone: "Europe/Berlin" };
    const blueprint = { name: "look", steps: [value("v", 1)] };
    await viewer.api("POST", "/triggers", { name: "every-weekday", schedule, blueprint });
    await viewer.api("PUT", "/secrets/SHOWN_KEY", { value: "value-0123456789", hosts: ["api.example.com"] });
    await viewer.api("GET", "/events");
    await viewer.submit("told", [value("v", 1)]);
    await viewer.open({ colorScheme, viewport: { width, height: 800 } });
    const { page } = viewer;
    const views: Record<string, [hash: string, sign: string]> = {
      home: ["home", ".uplot"],
      jobs: ["jobs", rowOf(id)],
      job: [`jobs/${id}`, "form.ask"],
      graph: [`jobs/${report}`, "text=It succeeded"],
      blueprints: ["blueprints", ".row"],
      blueprint: ["blueprints/url-audit", "pre"],
      triggers: ["triggers", ".row"],
      trigger: ["triggers/every-weekday", ".times"],
      events: ["events", ".event"],
      queues: ["queues", ".queue"],
      keys: ["keys", "tbody tr"],
    };
    const blocked: string[] = [];
    for (const [name, [hash, sign]] of Object.entries(views)) {
      await viewer.goTo(hash, sign);
      if (name === "graph") {
        await viewer.button("Graph").click();
        await page.waitForSelector(".box.succeeded");
      }
      const beyond = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      expect(`${name}: ${beyond} px beyond`).toBe(`${name}: 0 px beyond`);
      blocked.push(...(await barriers(page)).map((barrier) => `${name}: ${barrier}`));
      if (process.env.SCREENSHOTS === undefined) continue;
      const folder = `${IMAGES}/${colorScheme}-${width}`;
      await mkdir(folder, { recursive: true });
      await page.screenshot({ path: `${folder}/${name}.png` });
    }
    expect(blocked).toEqual([]);
    expect(viewer.complaints).toEqual([]);
  });
});

describe("a keyboard alone", () => {
  it("opens and closes each window, in which nothing keeps anybody out", async () => {
    const asking = await viewer.submit("asking", [ask]);
    const over = await viewer.submit("over", [value("v", 1)]);
    await viewer.open({ colorScheme: "dark" });
    const { page } = viewer;
    const blocked: string[] = [];
    /** Presses the keys, looks at what they opened, and closes it again. */
    const look = async (name: string, keys: readonly string[], sign = "dialog") => {
      for (const key of keys) await page.keyboard.press(key);
      await page.waitForSelector(sign);
      blocked.push(...(await barriers(page)).map((barrier) => `${name}: ${barrier}`));
      expect(await page.evaluate(`document.querySelector("${sign}").contains(document.activeElement)`)).toBe(true);
      await page.keyboard.press("Escape");
      await page.waitForSelector(sign, { state: "detached" });
    };
    await viewer.goTo("jobs", rowOf(over));
    await look("keys", ["?"]);
    await look("go to", ["Control+k"]);
    await look("new job", ["n"]);
    await viewer.goTo(`jobs/${asking}`, "form.ask");
    await look("cancel", ["c"]);
    await viewer.goTo(`jobs/${over}`, "text=It succeeded");
    await look("retry", ["r"]);
    await viewer.button("Delete").focus();
    await look("delete", ["Enter"]);
    await page.locator(".fall").first().focus();
    await look("step", ["Enter"], ".drawer");
    const windows = [
      ["triggers", "New trigger"],
      ["blueprints", "New blueprint"],
      ["blueprints/url-audit", "Run"],
      ["keys", "Set a secret"],
    ] as const;
    for (const [hash, name] of windows) {
      await viewer.goTo(hash, `main button:text-is("${name}")`);
      await viewer.button(name).focus();
      await look(name, ["Enter"]);
    }
    expect(blocked).toEqual([]);
  });

  it("goes through every view in the order in which it is read, and shows where it is", async () => {
    const id = await viewer.submit("stops", [value("v", 1), ask]);
    await viewer.open();
    const { page } = viewer;
    for (const [hash, sign] of [
      ["jobs", rowOf(id)],
      [`jobs/${id}`, "form.ask"],
    ] as const) {
      await viewer.goTo(hash, sign);
      await page.evaluate("document.activeElement.blur()");
      const stops: number[] = [];
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press("Tab");
        const stop = (await page.evaluate(`(() => {
          const at = document.activeElement;
          if (at === document.body) return null;
          return { at: [...document.querySelectorAll("*")].indexOf(at), outline: getComputedStyle(at).outlineStyle };
        })()`)) as { at: number; outline: string } | null;
        if (stop === null || (stops.length > 0 && stop.at <= (stops[0] ?? 0))) break;
        expect([stop.at, stop.outline]).toEqual([stop.at, "solid"]);
        stops.push(stop.at);
      }
      expect(stops.length).toBeGreaterThan(15);
      expect(stops).toEqual(stops.toSorted((a, b) => a - b));
    }
  });
});
