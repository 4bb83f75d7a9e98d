import { describe, expect, it } from "vitest";
import { readInput } from "../../src/blueprint/schemas/check-input.ts";
import { findInCatalog } from "../../src/catalog/find.ts";
import { CATALOG } from "../../src/catalog/index.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { type Bench, CALLER, inRegistry } from "../registry/bench.ts";
import { RecordingStep, runSteps } from "../runner/bench.ts";

type Answer = (asked: { url: string; method: string; body: string | null }, n: number) => Response;

/** Runs a blueprint of the catalogue against a service. @param reply how its question is answered */
async function run(bench: Bench, name: string, input: JsonObject, answer: Answer, reply?: "accept" | "decline") {
  const entry = findInCatalog(CATALOG.blueprints, name);
  const read = entry && readInput(entry.plan, input);
  if (entry === undefined || !read?.ok) throw new Error(`${name} does not take this`);
  const { steps, output } = entry.document as { steps: Json[]; output: Json };
  const asked: { url: string; method: string; body: string | null }[] = [];
  const step = new RecordingStep();
  step.whileWaiting = async () => {
    if (reply === undefined) return;
    const [job] = (await bench.caller.list(CALLER, LATEST)).jobs;
    await bench.caller.respond(CALLER, job?.id ?? "", {
      request_id: "ask",
      action: reply,
      content: reply === "accept" ? {} : null,
    });
  };
  const ran = await runSteps(bench, steps, {
    ...{ input: read.value, output, step, secrets: SECRETS },
    fetch: async (url, init = {}) => {
      const seen = { url, method: init.method ?? "GET", body: typeof init.body === "string" ? init.body : null };
      asked.push(seen);
      return answer(seen, asked.length);
    },
  });
  const { status, error, result } = await ran.status();
  return { status, error, result, asked };
}

const LATEST = {
  ...{ statuses: [], blueprint: null, metadata: {}, submitted_after: null, submitted_before: null },
  ...{ limit: 1, after: null },
};
/** Of the operator, as those blueprints name them. */
const SECRETS = {
  SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T000/B000/xyz",
  NOTIFY_WEBHOOK_SECRET: `whsec_${btoa("a".repeat(32))}`,
  CLAUDE_ROUTINE_TOKEN: "sk-ant-oat01-0123456789",
  OPENCLAW_HOOKS_TOKEN: "openclaw-0123456789",
};
const PAGE = "https://api.example.com/items";

describe("paged-fetch", () => {
  it.each<[string, JsonObject, Answer]>([
    [
      "the header Link",
      {},
      (_, n) => Response.json([n], { headers: n < 3 ? { link: `<${PAGE}?p=${n + 1}>; rel="next"` } : {} }),
    ],
    [
      "a next URL",
      { items_field: "rows", next_field: "next" },
      (_, n) => Response.json({ rows: [n], next: n < 3 ? `?p=${n + 1}` : null }),
    ],
    [
      "a cursor",
      { items_field: "rows", next_field: "cursor", cursor_param: "after" },
      (_, n) => Response.json({ rows: [n], cursor: n < 3 ? `c${n}` : "" }),
    ],
  ])("follows %s", (_, input, answer) =>
    inRegistry(async (bench) => {
      const found = await run(bench, "paged-fetch", { url: PAGE, ...input }, answer);
      expect([found.error, found.result]).toEqual([null, { items: [1, 2, 3], pages: 3, complete: true }]);
      if (input.cursor_param !== undefined) expect(found.asked[1]?.url).toBe(`${PAGE}?after=c1`);
    }),
  );
});

it("poll-until waits for the value of a field", () =>
  inRegistry(async (bench) => {
    const input = { url: PAGE, field: "state", equals: "done", every: "1 second" };
    const found = await run(bench, "poll-until", input, (_, n) => Response.json({ state: n > 2 ? "done" : "busy", n }));
    expect(found.result).toEqual({ state: "done", n: 3 });
  }));

describe("approve-and-run", () => {
  const input = { message: "Deploy?", url: "https://api.example.com/deploys", body: { build: 812 } };

  it("acts on a yes", () =>
    inRegistry(async (bench) => {
      const found = await run(
        bench,
        "approve-and-run",
        input,
        () => Response.json({ ok: true }, { status: 201 }),
        "accept",
      );
      expect([found.error, found.result]).toEqual([null, { answer: "accept", status: 201, body: { ok: true } }]);
      expect(found.asked).toEqual([{ url: input.url, method: "POST", body: '{"build":812}' }]);
    }));

  it("sends the question's link first, to where it is told", () =>
    inRegistry(async (bench) => {
      const tell = "https://chat.example.com/hook";
      const found = await run(bench, "approve-and-run", { ...input, tell }, () => Response.json({}), "accept");
      const [first, second] = found.asked;
      expect([first?.url, second?.url]).toEqual([tell, input.url]);
      const { text, link } = JSON.parse(first?.body ?? "");
      expect(link).toMatch(/^https:\/\/jobs\.example\.com\/a\/.+ask$/);
      expect(text).toBe(`Deploy? ${link}`);
    }));

  it("has a first version that is still what it was", () =>
    inRegistry(async (bench) => {
      const found = await run(bench, "approve-and-run@1", input, () => Response.json({ ok: true }), "accept");
      expect(found.result).toEqual({ answer: "accept", status: 200, body: { ok: true } });
    }));

  it("does nothing on a no", () =>
    inRegistry(async (bench) => {
      const found = await run(bench, "approve-and-run", input, () => Response.json({}), "decline");
      expect([found.result, found.asked]).toEqual([{ answer: "decline" }, []]);
    }));
});

it.each([
  ["a field", { field: "stars" }],
  ["the text", {}],
])("watch-page tells a change of %s, and only a change", (_, more) =>
  inRegistry(async (bench) => {
    const input = { url: PAGE, notify_url: "https://api.example.com/hook", ...more };
    const results: (boolean | undefined)[][] = [];
    for (const stars of [1, 1, 2]) {
      const found = await run(bench, "watch-page", input, () => Response.json({ stars }));
      results.push([found.result?.changed as boolean, found.result?.told as boolean, found.asked.length > 1]);
    }
    expect(results).toEqual([
      [false, false, false],
      [false, false, false],
      [true, true, true],
    ]);
  }),
);

const RSS = (titles: string[]) =>
  `<rss><channel>${titles.map((title) => `<item><title>${title}</title><link>https://a.example/${title}</link><pubDate>x</pubDate></item>`).join("")}</channel></rss>`;
const ATOM = (titles: string[]) =>
  `<feed>${titles.map((title) => `<entry><title type="html">${title}</title><link href="https://a.example/${title}"/><updated>x</updated></entry>`).join("")}</feed>`;

it.each([
  ["RSS", RSS],
  ["Atom", ATOM],
])("rss-digest gives what is new in a feed of %s", (_, feed) =>
  inRegistry(async (bench) => {
    const read = (titles: string[]) => run(bench, "rss-digest", { url: PAGE }, () => new Response(feed(titles)));
    const entry = (title: string) => ({ title, link: `https://a.example/${title}`, date: "x" });
    expect((await read(["one"])).result).toEqual({ entries: [entry("one")], read: 1 });
    expect((await read(["three", "two", "one"])).result).toEqual({ entries: [entry("three"), entry("two")], read: 3 });
    expect((await read(["three", "two", "one"])).result).toEqual({ entries: [], read: 3 });
    expect((await read([])).result).toEqual({ entries: [], read: 0 });
  }),
);

it("csv-import sends each row, and lists those that fail", () =>
  inRegistry(async (bench) => {
    const input = { csv_url: "https://api.example.com/a.csv", url: PAGE, concurrency: 1 };
    const found = await run(bench, "csv-import", input, ({ body }) => {
      if (body === null) return new Response('name,age\nAda,36\n"Bo, b",7\n');
      return new Response("", { status: body.includes("Ada") ? 200 : 422 });
    });
    expect(found.result).toMatchObject({ rows: 2, failed: [{ row: 2, error: expect.stringContaining("422") }] });
    expect(found.asked.map(({ body }) => body)).toEqual([
      null,
      '{"name":"Ada","age":"36"}',
      '{"name":"Bo, b","age":"7"}',
    ]);
  }));

it("github-latest-release gives its tag and address", () =>
  inRegistry(async (bench) => {
    const answer: Answer = () =>
      Response.json({ tag_name: "v1", name: "One", html_url: "https://x", published_at: "2026-01-01" });
    const found = await run(bench, "github-latest-release", { owner: "a/b", repo: "c" }, answer);
    expect(found.result).toEqual({ tag: "v1", name: "One", url: "https://x", published_at: "2026-01-01" });
    expect(found.asked[0]?.url).toBe("https://api.github.com/repos/a%2Fb/c/releases/latest");
  }));

it("webhook-relay sends to all, and lists those that fail", () =>
  inRegistry(async (bench) => {
    const input = { urls: ["https://a.example/x", "https://b.example/y"], payload: { n: 1 } };
    const answer: Answer = ({ url }) => new Response("", { status: url.includes("b.example") ? 404 : 200 });
    const found = await run(bench, "webhook-relay", input, answer);
    expect(found.result).toMatchObject({
      delivered: ["https://a.example/x"],
      failed: [{ url: "https://b.example/y" }],
    });
  }));

describe("a blueprint that tells others what happened", () => {
  const data = { job_id: "job_1", name: "import <a&b>", status: "failed", error: "HTTP 500" };
  const event = { event_id: "evt_1", name: "job.settled", at: "2026-11-29T04:00:00.120Z", data };
  const line = "job.settled import <a&b> failed job_1 HTTP 500";

  it.each<[string, JsonObject, string, Json]>([
    ["notify-webhook", { url: "https://a.example/x" }, "https://a.example/x", event],
    ["notify-slack", {}, SECRETS.SLACK_WEBHOOK_URL, { text: line.replace("<a&b>", "&lt;a&amp;b&gt;") }],
    [
      "notify-ntfy",
      { topic: "t", priority: 4 },
      "https://ntfy.sh/",
      { topic: "t", title: "Edge Jobs", priority: 4, message: line },
    ],
    [
      "wake-claude-routine",
      { routine: "r/1" },
      "https://api.anthropic.com/v1/claude_code/routines/r%2F1/fire",
      { text: line },
    ],
    [
      "wake-openclaw",
      { gateway: "https://claw.example/" },
      "https://claw.example/hooks/wake",
      { text: line, mode: "now" },
    ],
  ])("%s sends it, once it is taken", (name, input, url, body) =>
    inRegistry(async (bench) => {
      const found = await run(bench, name, { ...input, event }, () => Response.json({ claude_code_session_url: "s" }));
      expect(found).toMatchObject({ status: "succeeded", asked: [{ url, method: "POST" }] });
      expect(JSON.parse(found.asked[0]?.body ?? "")).toEqual(body);
    }),
  );

  it("says what it is given instead, where it is given a text", () =>
    inRegistry(async (bench) => {
      const found = await run(bench, "notify-ntfy", { topic: "t", text: "Look." }, () => Response.json({}));
      expect(JSON.parse(found.asked[0]?.body ?? "")).toMatchObject({ message: "Look." });
    }));

  it("fires a routine once, also when its answer is unclear", () =>
    inRegistry(async (bench) => {
      const found = await run(
        bench,
        "wake-claude-routine",
        { routine: "r", event },
        () => new Response("", { status: 503 }),
      );
      expect([found.status, found.asked.length]).toEqual(["failed", 1]);
    }));
});
