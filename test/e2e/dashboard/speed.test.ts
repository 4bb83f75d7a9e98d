import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ask, rowOf, useViewer, value } from "./viewer.ts";

/** How fast the dashboard is there, and shows what happens. Nothing else of a run goes on beside this file. */

const viewer = await useViewer();

const FIRST_PAGE_BYTES = 80 * 1_024;

describe("the first page", () => {
  it("weighs at most 80 KiB, shows its first job within a second, and loads charts and graph only when they are seen", async () => {
    const id = await viewer.submit("first", [value("v", 1)]);
    await viewer.open();
    const { page } = viewer;
    const weights = new Map<string, number>();
    page.on("response", async (response) => {
      if (!/\/ui\/(?:$|.*\.(?:js|css|svg|html)$)/.test(response.url())) return;
      weights.set(response.url(), gzipSync(await response.body()).length);
    });
    await page.goto("about:blank");
    const began = Date.now();
    await viewer.goTo("jobs", rowOf(id));
    expect(Date.now() - began).toBeLessThan(1_000);
    const weight = [...weights.values()].reduce((sum, each) => sum + each, 0);
    expect(weights.size).toBeGreaterThan(3);
    expect(weight).toBeLessThan(FIRST_PAGE_BYTES);
  });
});

describe("the dashboard that is looked at", () => {
  it("shows what is submitted, and how it ends, within a second", async () => {
    await viewer.open();
    await viewer.goTo("jobs", "main h1");
    const { page } = viewer;
    await viewer.submit("warm", [value("v", 1)]);
    await page.waitForSelector(`text=warm`);
    const id = await viewer.submit("watched", [value("v", 1)]);
    const submitted = Date.now();
    await page.waitForSelector(rowOf(id));
    expect(Date.now() - submitted).toBeLessThan(1_000);
    await page.waitForSelector(`${rowOf(id)} .succeeded`);
    const seen = Date.now();
    const { completed_at } = await viewer.api<{ completed_at: string }>("GET", `/jobs/${id}`);
    expect(seen - Date.parse(completed_at)).toBeLessThan(1_000);
    const asking = await viewer.submit("asked", [ask]);
    await viewer.goTo(`jobs/${asking}`, "form.ask");
    const [{ request_id } = { request_id: "" }] = (
      await viewer.api<{ input_requests: { request_id: string }[] }>("GET", `/jobs/${asking}`)
    ).input_requests;
    const content = { channel: "beta" };
    await viewer.api("POST", `/jobs/${asking}/respond`, { request_id, action: "accept", content });
    const answered = Date.now();
    await page.waitForSelector("text=It succeeded");
    expect(Date.now() - answered).toBeLessThan(1_000);
  });

  it("shows on its first view what begins and ends, within a second", async () => {
    await viewer.open();
    const { page } = viewer;
    await viewer.submit("before", [value("v", 1)]);
    await viewer.goTo("home", "main >> text=before");
    const id = await viewer.submit("at home", [{ id: "nap", type: "sleep", for: "2 seconds" }]);
    const submitted = Date.now();
    await page.waitForSelector(rowOf(id));
    expect(Date.now() - submitted).toBeLessThan(1_000);
    await page.waitForSelector(`${rowOf(id)} .succeeded`);
    const seen = Date.now();
    const { completed_at } = await viewer.api<{ completed_at: string }>("GET", `/jobs/${id}`);
    expect(seen - Date.parse(completed_at)).toBeLessThan(1_000);
    expect(viewer.complaints).toEqual([]);
  });

  it("shows a child within a second of its start, also when its parent was looked at before", async () => {
    const plan = { name: "kid", steps: [{ id: "nap", type: "sleep", for: "1 hour" }] };
    const steps = [
      { id: "nap", type: "sleep", for: "2 seconds" },
      { id: "kid", type: "job", blueprint: plan },
    ];
    await viewer.open();
    const { page } = viewer;
    const id = await viewer.submit("parent", steps);
    await viewer.goTo(`jobs/${id}`, "text=It runs");
    expect(await page.locator("main .row").count()).toBe(0);
    await page.waitForSelector("main .row >> text=running");
    const seen = Date.now();
    const { jobs } = await viewer.api<{ jobs: { submitted_at: string }[] }>("GET", `/jobs?parent_id=${id}`);
    expect(jobs).toHaveLength(1);
    expect(seen - Date.parse(jobs[0]?.submitted_at ?? "")).toBeLessThan(1_000);
    expect(viewer.complaints).toEqual([]);
  });
});

describe("the page of a large job", () => {
  it("with a map of 1,000 items and 500 events is there without a task of 200 ms", async () => {
    const steps = [
      {
        id: "pages",
        type: "map",
        over: "{% [1..1000] %}",
        concurrency: 20,
        steps: [{ id: "nap", type: "sleep", for: "0 seconds", when: "{% $item < 300 %}" }],
      },
      value("n", "{% $count($steps.pages) %}"),
    ];
    const id = await viewer.submit("large", steps);
    for (let left = 60; left > 0; left--) {
      const job = await viewer.api<{ completed_at: string | null }>("GET", `/jobs/${id}`);
      if (job.completed_at !== null) break;
      await viewer.api("POST", "/jobs/wait", { job_ids: [id], timeout_seconds: 20 });
    }
    const { events } = await viewer.api<{ events: object[] }>("GET", `/jobs/${id}?include=events`);
    expect(events.length).toBeGreaterThan(400);
    await viewer.open();
    const { page } = viewer;
    await page.evaluate(`globalThis.long = []; new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.long.push(Math.round(duration));
    }).observe({ type: "longtask" })`);
    await page.evaluate(`location.hash = "#/jobs/${id}"`);
    await page.waitForSelector("text=It succeeded");
    await page.waitForSelector(".heat[aria-label='1000 items: 1000 done, 0 failed']");
    await page.fill("input[type=range]", "250");
    await page.waitForSelector(".scrubber >> text=event 250");
    const long = (await page.evaluate("globalThis.long")) as number[];
    expect(long.filter((ms) => ms > 200)).toEqual([]);
    expect(viewer.complaints).toEqual([]);
  });
});
