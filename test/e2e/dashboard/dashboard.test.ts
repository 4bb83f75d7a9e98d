import { randomBytes } from "node:crypto";
import { describe, expect, inject, it } from "vitest";
import { send } from "../../../tooling/raw.ts";
import { ask, rowOf, useViewer, value } from "./viewer.ts";

/** Every view, on real jobs, as somebody works with it. */

const viewer = await useViewer();

describe("the dashboard in a browser", () => {
  it("lets nobody in without a good key, and forgets who signed out", async () => {
    await viewer.open();
    expect(await viewer.page.textContent(".who")).toContain("tenant-");
    await viewer.button("Sign out").click();
    await viewer.page.waitForSelector("input[name=key]");
    expect(viewer.complaints).toEqual([]);
    await viewer.page.fill("input[name=key]", "ej1_nonsense");
    await viewer.page.click("button[type=submit]");
    expect(await viewer.page.textContent(".problem")).toContain("not valid here");
  });

  it("shows a job that begins and ends while the list is seen, without a reload", async () => {
    await viewer.open();
    await viewer.goTo("jobs", "main h1");
    const id = await viewer.submit("seen live", [value("v", 1)]);
    await viewer.page.waitForSelector(`${rowOf(id)} .succeeded`);
    await viewer.page.click(rowOf(id));
    await viewer.page.waitForSelector("text=It succeeded");
    expect(await viewer.page.textContent(".moments")).toContain("settled");
    expect(viewer.complaints).toEqual([]);
  });

  it("keeps a filter in the URL, so that it can be passed on", async () => {
    const id = await viewer.submit("to be cancelled", [{ id: "nap", type: "sleep", for: "1 hour" }]);
    const other = await viewer.submit("done", [value("v", 1)]);
    await viewer.open();
    await viewer.goTo("jobs", rowOf(id));
    await viewer.button("running").click();
    await viewer.page.waitForSelector(rowOf(other), { state: "detached" });
    expect(viewer.page.url()).toContain("status=running");
    await viewer.goTo(`jobs/${id}`, ".falls");
    await viewer.button("Cancel").click();
    await viewer.button("Cancel", "dialog").click();
    await viewer.page.waitForSelector("text=It was cancelled");
    expect((await viewer.api<{ status: string }>("GET", `/jobs/${id}`)).status).toBe("cancelled");
  });

  it("answers what a job asks, by a form made of the question's schema", async () => {
    const id = await viewer.submit("asks", [ask, value("told", "{% $steps.approve.content %}")]);
    await viewer.open();
    await viewer.goTo(`jobs/${id}`, "form.ask");
    await viewer.button("Answer", "form.ask").click();
    expect(await viewer.page.textContent(".problem")).toContain("channel");
    await viewer.page.selectOption("form.ask select", "beta");
    await viewer.button("Answer", "form.ask").click();
    await viewer.page.waitForSelector("text=It succeeded");
    const { result } = await viewer.api<{ result: object }>("GET", `/jobs/${id}`);
    expect(result).toEqual({ channel: "beta", announce: true });
  });

  it("submits a plan, says what is wrong with it before, and retries it from a step", async () => {
    await viewer.open();
    await viewer.goTo("jobs?new=1", "dialog");
    await viewer.page.fill("dialog textarea[name=blueprint]", '{"name":"mine","steps":[{"id":"a","type":"nothing"}]}');
    await viewer.button("Check", "dialog").click();
    expect(await viewer.page.textContent("dialog .problem")).toContain("blueprint.steps[0].type");
    const plan = { name: "mine", steps: [value("a", 1), value("b", "{% $steps.a + 1 %}")] };
    await viewer.page.fill("dialog textarea[name=blueprint]", JSON.stringify(plan));
    await viewer.button("Submit", "dialog").click();
    await viewer.page.waitForSelector("text=It succeeded");
    const first = viewer.page.url();
    await viewer.page.click(".fall:nth-of-type(1) >> nth=1");
    await viewer.button("Retry from here").click();
    await viewer.button("Retry", "dialog").click();
    await viewer.page.waitForURL((url) => url.href !== first);
    await viewer.page.waitForSelector("text=Retry of");
  });

  it("makes a trigger, fires it, and shows what became of that; a fault of its document stands where it is made", async () => {
    await viewer.open();
    await viewer.goTo("triggers", "main h1");
    await viewer.button("New trigger").click();
    const document = { name: "by-hand", schedule: { cron: "0 8 * * *" }, blueprint: "nothing" };
    await viewer.page.fill("textarea[name=trigger]", JSON.stringify(document));
    await viewer.button("Save", "dialog").click();
    expect(await viewer.page.textContent("dialog .problem")).toContain("blueprint");
    const plan = { name: "mine", steps: [value("v", 1)] };
    await viewer.page.fill("textarea[name=trigger]", JSON.stringify({ ...document, blueprint: plan }));
    await viewer.button("Save", "dialog").click();
    await viewer.page.waitForSelector("text=It was never due.");
    expect(await viewer.page.locator(".times li").count()).toBe(20);
    await viewer.button("Fire now").click();
    await viewer.page.click(".moments a");
    await viewer.page.waitForSelector("text=It succeeded");
    await viewer.goTo("triggers/by-hand", ".moments a");
    await viewer.button("Pause").click();
    await viewer.button("Resume").waitFor();
    await viewer.button("Delete").click();
    await viewer.button("Delete with its ledger").click();
    await viewer.page.waitForSelector("text=Nothing starts by itself yet");
  });

  it("cancels what is selected by hand, and all that match after a preview, with progress", async () => {
    const nap = [{ id: "nap", type: "sleep", for: "1 hour" }];
    const names = ["bulk a", "bulk b", "bulk c", "bulk d"];
    const ids = await Promise.all(names.map((name) => viewer.submit(name, nap, { metadata: { lot: "seven" } })));
    await viewer.open();
    const { page } = viewer;
    const filter = encodeURIComponent('{"lot":"seven"}');
    await viewer.goTo(`jobs?status=running&metadata=${filter}`, rowOf(ids[3] ?? ""));
    expect(await page.locator(".selectable").count()).toBe(4);
    for (const key of ["j", "x", "j", "x"]) await page.keyboard.press(key);
    await page.waitForSelector("text=2 jobs");
    await viewer.button("Cancel...").click();
    await viewer.button("Cancel", "dialog").click();
    await page.waitForSelector("text=2 done, 0 refused.");
    await viewer.button("Close", "dialog").click();
    await expect.poll(() => page.locator(".selectable").count()).toBe(2);
    await viewer.button("Select all that match").click();
    await viewer.button("Cancel...").click();
    await viewer.button("Cancel 2 jobs", "dialog").click();
    // The dialog is still there when the list behind it has no job left.
    await page.waitForSelector("text=No job is like that.");
    await page.waitForSelector("dialog >> text=It is done.");
    await viewer.button("Close", "dialog").click();
    const stand = await Promise.all(ids.map((id) => viewer.api<{ status: string }>("GET", `/jobs/${id}`)));
    expect(new Set(stand.map(({ status }) => status))).toEqual(new Set(["cancelled"]));
    expect(viewer.complaints).toEqual([]);
  });

  it("shows of a job its graph, how it stood at any event, each step, the postmortem, and another run beside it", async () => {
    const steps = [
      value("rows", "{% [$input.n, 2] %}"),
      { id: "both", type: "parallel", branches: { left: [value("l", 1)], right: [value("r", 2)] } },
      { id: "gate", type: "end", when: "{% $input.n = 1 %}", message: "not today" },
      value("sum", "{% $sum($steps.rows) %}"),
    ];
    const good = await viewer.submit("good run", steps, { input: { n: 3 } });
    const bad = await viewer.submit("bad run", steps, { input: { n: 1, day: "monday" } });
    await viewer.open({ permissions: ["clipboard-read", "clipboard-write"] });
    const { page } = viewer;
    await viewer.goTo(`jobs/${bad}`, "text=It failed");
    await viewer.button("Graph").click();
    await page.waitForSelector(".box.failed >> text=gate");
    expect(await page.locator(".box").count()).toBe(6);
    await page.fill("input[type=range]", "3");
    await page.waitForSelector(".scrubber >> text=event 3");
    expect(await page.locator(".box.failed").count()).toBe(0);
    await page.locator("input[type=range]").press("End");
    await page.waitForSelector(".box.failed");
    await page.locator(".box", { hasText: "rows" }).click();
    await page.waitForSelector(".drawer >> text=Input, after its templates");
    expect(await page.locator(".drawer pre").first().textContent()).toContain('"value": [\n    1,\n    2\n  ]');
    await page.keyboard.press("Escape");
    await viewer.button("Postmortem").click();
    expect(await page.textContent("pre.tall")).toContain("failed at step `gate`");
    await viewer.button("Compare").click();
    await page.fill("input[list]", good);
    await page.keyboard.press("Tab");
    await page.waitForSelector(".differences .added >> text=null");
    expect(await page.textContent("tbody")).toContain("failed");
    await page.click("text=Copy as");
    await viewer.button("curl").click();
    await viewer.button("Copied").waitFor();
    const copied = String(await page.evaluate("navigator.clipboard.readText()"));
    expect(copied).toContain(`curl -X POST ${viewer.place.url}/api/v1/jobs`);
    expect(copied).toContain('"input":{"n":1,"day":"monday"}');
    expect(viewer.complaints).toEqual([]);
  });

  it("saves a blueprint in versions, faults at their lines, shows what changed, and runs it by a form of its input", async () => {
    const document = {
      name: "shown-notes",
      input: {
        type: "object",
        properties: { repo: { type: "string" }, deep: { type: "boolean" } },
        required: ["repo"],
      },
      steps: [{ id: "v", type: "transform", value: "{% $input.repo %}" }],
    };
    const text = JSON.stringify(document, null, 2);
    await viewer.open();
    const { page } = viewer;
    await viewer.goTo("blueprints", ".row");
    await viewer.button("New blueprint").click();
    await page.fill("textarea[name=document]", text.replace("transform", "transfrom"));
    await viewer.button("Check", "dialog").click();
    const line = text.split("\n").findIndex((each) => each.includes("transform")) + 1;
    expect(await page.textContent(".faults .line")).toContain(`${line} `);
    expect(await page.textContent(".faults")).toContain("blueprint.steps[0].type");
    await page.fill("textarea[name=document]", text);
    await viewer.button("Save", "dialog").click();
    await page.waitForSelector("h1 >> text=shown-notes");
    await viewer.button("Edit").click();
    await page.fill("textarea[name=document]", text.replace("$input.repo", "'of ' & $input.repo"));
    await viewer.button("Save", "dialog").click();
    await page.waitForSelector("text=version 2");
    await page.locator("select").nth(1).selectOption("1");
    expect(await page.textContent(".differences .added")).toContain("'of ' & $input.repo");
    await viewer.button("Run").click();
    await viewer.button("Check", "dialog").click();
    expect(await page.textContent("dialog .problem")).toContain("input.repo");
    await page.fill("dialog input[name=repo]", "a/b");
    await viewer.button("Check", "dialog").click();
    await page.waitForSelector("dialog >> text=It would be accepted.");
    await viewer.button("Run", "dialog").click();
    await page.waitForSelector("text=It succeeded");
    expect(await page.textContent("main")).toContain("of a/b");
    expect(viewer.complaints).toEqual([]);
  });

  it("shows events as they happen, and deliveries, one of which is sent again", async () => {
    const secret = `whsec_${randomBytes(32).toString("base64")}`;
    const { url, key } = viewer.place;
    const { callbacks } = inject("shared");
    const delivery = { mode: "webhook", url: `${callbacks}/dashboard`, secret };
    const params = { name: "job.settled", arguments: { name: "told" }, delivery };
    const { message } = await send(url, key, "2026-07-28", { method: "events/subscribe", params });
    expect(message.error).toBeUndefined();
    const id = String(message.result?.id);
    await viewer.open();
    const { page } = viewer;
    await viewer.goTo("events", `[data-subscription="${id}"]`);
    await viewer.submit("told", [value("v", 1)]);
    await page.waitForSelector(".event >> text=told");
    await page.click(`[data-subscription="${id}"]`);
    await page.waitForSelector('[data-delivery="1"] .succeeded');
    await viewer.button("Replay").click();
    await page.waitForSelector('[data-delivery="2"] >> text=sent again');
    const { deliveries } = await viewer.api<{ deliveries: object[] }>("GET", `/subscriptions/${id}/deliveries`);
    expect(deliveries).toMatchObject([
      { number: 2, replay: true, outcome: "delivered" },
      { number: 1, replay: false },
    ]);
    expect(viewer.complaints).toEqual([]);
  });

  it("shows what waits for workers, and what they hold", async () => {
    const work = [{ id: "render", type: "worker", queue: "frames", input: {} }];
    await viewer.submit("frame 1", work);
    await viewer.submit("frame 2", work);
    await viewer.open();
    await viewer.goTo("queues", '[data-queue="frames"]');
    await viewer.api("POST", "/work/claim", { queues: ["frames"], worker: "w1", max: 1, wait_seconds: 10 });
    await viewer.page.waitForSelector('[data-queue="frames"] [aria-label="1 leased, 1 waiting"]');
    expect(viewer.complaints).toEqual([]);
  });

  it("sets a secret and never shows it, revokes a key, and shows both in the audit", async () => {
    await viewer.open();
    const { page } = viewer;
    await viewer.goTo("keys", "main h1");
    await viewer.button("Set a secret").click();
    await page.fill("dialog input[name=name]", "SHOWN_KEY");
    await page.fill("dialog input[name=value]", "value-0123456789");
    await page.fill("dialog input[name=hosts]", "api.example.com");
    await viewer.button("Save", "dialog").click();
    // The window names the same host, and takes what is typed until it is gone.
    await page.waitForSelector("dialog", { state: "detached" });
    await page.waitForSelector(".secret >> text=api.example.com");
    await page.fill("input[name=key_id]", "key_0123456789abcdef01234567");
    await viewer.button("Revoke").click();
    await page.waitForSelector("[aria-label='Revoked keys'] >> text=key_0123456789abcdef01234567");
    await viewer.goTo("home", ".tile");
    await viewer.goTo("keys", "tbody >> text=SHOWN_KEY");
    await page.waitForSelector("tbody >> text=key_0123456789abcdef01234567");
    expect(await page.content()).not.toContain("value-0123456789");
    expect(viewer.complaints).toEqual([]);
  });

  it("is worked by keys, and shows the call that each button makes", async () => {
    const id = await viewer.submit("by keys", [value("v", 1)]);
    await viewer.open();
    const { page } = viewer;
    await viewer.goTo("home", ".tile");
    for (const [letter, name] of Object.entries({ e: "Events", q: "Queues", k: "Keys and secrets", j: "Jobs" })) {
      await page.keyboard.press("g");
      await page.keyboard.press(letter);
      await page.waitForSelector(`h1 >> text=${name}`);
    }
    await page.keyboard.press("?");
    await page.waitForSelector("dialog >> text=Show the MCP call of each button");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.fill("dialog input", id);
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=It succeeded");
    await page.keyboard.press("m");
    expect(await page.locator(".call").allTextContents()).toContain(`jobs_retry {"job_id":"${id}","from_step":"v"}`);
    await page.keyboard.press("r");
    await viewer.button("Retry", "dialog").click();
    await page.waitForSelector("text=Retry of");
    expect(viewer.complaints).toEqual([]);
  });
});
