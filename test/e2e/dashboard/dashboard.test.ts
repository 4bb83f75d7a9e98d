import { describe, expect, it } from "vitest";
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

  it("shows what is submitted, and how it ends, within a second", async () => {
    await viewer.open();
    await viewer.goTo("jobs", "main h1");
    const { page } = viewer;
    await viewer.submit("warm", [value("v", 1)]);
    await page.waitForSelector(`text=warm`);
    const id = await viewer.submit("watched", [value("v", 1)]);
    const submitted = Date.now();
    await page.waitForSelector(`${rowOf(id)} .succeeded`);
    expect(Date.now() - submitted).toBeLessThan(1_500);
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
    await page.waitForSelector("text=api.example.com");
    await page.fill("input[name=key_id]", "key_0123456789abcdef01234567");
    await viewer.button("Revoke").click();
    await page.waitForSelector("[aria-label='Revoked keys'] >> text=key_0123456789abcdef01234567");
    await viewer.goTo("home", ".tile");
    await viewer.goTo("keys", "tbody >> text=SHOWN_KEY");
    await page.waitForSelector("tbody >> text=key_0123456789abcdef01234567");
    expect(await page.content()).not.toContain("value-0123456789");
    expect(viewer.complaints).toEqual([]);
  });
});
