import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { type Bench, CALLER, inRegistry } from "../../registry/bench.ts";
import { setting } from "../../support/setting.ts";
import { Crash, DiesAsleep, RecordingStep, type RunOptions, runSteps } from "../bench.ts";

type Asked = { url: string; query: Record<string, string>; key: string | null };
type Answer = (asked: Asked, n: number) => Response;

/** A service that remembers what it was asked, and answers by that. */
function service(answer: Answer) {
  const asked: Asked[] = [];
  const fetch: NonNullable<RunOptions["fetch"]> = async (url, init = {}) => {
    const query = Object.fromEntries(new URL(url).searchParams);
    const seen = { url, query, key: new Headers(init.headers).get("idempotency-key") };
    asked.push(seen);
    return answer(seen, asked.length);
  };
  return { asked, fetch };
}

const URL_ = "https://api.example.com/items";
const step = (pages: JsonObject, more: JsonObject = {}): Json => {
  const paging = { items: "{% $response.body.items %}", next: "{% $response.body.next %}", ...pages };
  return { id: "fetch", type: "http", url: URL_, retry: { limit: 0 }, pages: paging, ...more };
};

interface Read {
  status: string;
  error: string | null;
  code: string | null;
  result: JsonObject;
  asked: Asked[];
}

async function read(answer: Answer, steps: Json[], options: RunOptions = {}): Promise<Read> {
  let found: Read | undefined;
  await inRegistry(async (bench) => {
    const { asked, fetch } = service(answer);
    const run = await runSteps(bench, steps, { fetch, ...options });
    const { status, error, error_code, result } = await run.status();
    found = { status, error, code: error_code, result: (result ?? {}) as JsonObject, asked };
  });
  if (found === undefined) throw new Error("nothing came of it");
  return found;
}

/** Pages of these items; each names the next as `reference` says. */
const paged =
  (pages: readonly Json[], reference: (n: number) => Json): Answer =>
  ({ query }) => {
    const n = Number(query.page ?? query.cursor?.replace("c", "") ?? 1);
    return Response.json({ items: pages[n - 1] ?? null, next: n < pages.length ? reference(n + 1) : null, n });
  };

const THREE = [[1, 2], [3], [4, 5]];

describe("pages", () => {
  it.each<[string, JsonObject, (n: number) => Json, string]>([
    ["by a cursor", { next: { cursor: "{% $response.body.next %}" } }, (n) => `c${n}`, `${URL_}?size=2&cursor=c2`],
    ["by a number", { next: { page: "{% $response.body.next %}" } }, (n) => n, `${URL_}?size=2&page=2`],
    ["by a URL", {}, (n) => `${URL_}?page=${n}&sig=a%2Fb`, `${URL_}?page=2&sig=a%2Fb`],
    ["by a path", {}, (n) => `/other?page=${n}`, "https://api.example.com/other?page=2"],
    ["by a query", {}, (n) => `?page=${n}`, `${URL_}?page=2`],
    [
      "by a text around a value",
      { next: "/items?page={% $response.body.n + 1 %}", limit: 3, on_limit: "stop" },
      (n) => n,
      `${URL_}?page=2`,
    ],
  ])("%s are read to their end", async (_, pages, reference, second) => {
    const found = await read(paged(THREE, reference), [step(pages, { query: { size: 2 } })]);
    expect([found.status, found.error]).toEqual(["succeeded", null]);
    expect(found.result).toMatchObject({ items: [1, 2, 3, 4, 5], pages: 3 });
    expect(found.asked.map(({ url }) => url).slice(0, 2)).toEqual([`${URL_}?size=2`, second]);
  });

  it("follow the header Link, also one of another scheme", async () => {
    const answer: Answer = (_asked, n) =>
      Response.json([n], {
        headers:
          n < 3 ? { link: `<http://api.example.com/items?page=${n + 1}&per=2>; rel="next", <${URL_}>; rel=last` } : {},
      });
    const found = await read(answer, [step({ next: "link", items: "{% $response.body %}" })]);
    expect(found.result).toEqual({ items: [1, 2, 3], pages: 3, complete: true });
    expect(found.asked[2]?.url).toBe(`${URL_}?page=3&per=2`);
  });

  it("replace a parameter that the URL has already", async () => {
    const pages = { next: { page: "{% $response.body.next %}" } };
    const found = await read(
      paged(THREE, (n) => n),
      [step(pages, { url: `${URL_}?a=%2f&page=1&b` })],
    );
    expect(found.asked.map(({ url }) => url)).toEqual([
      `${URL_}?a=%2f&page=1&b`,
      `${URL_}?a=%2f&b&page=2`,
      `${URL_}?a=%2f&b&page=3`,
    ]);
  });

  it.each<[string, Json]>([
    ["null", null],
    ["an empty text", ""],
    ["an object of nulls", { cursor: null, page: null }],
  ])("end where next is %s", async (_, next) => {
    const found = await read(() => Response.json({ items: [1], next }), [step({})]);
    expect(found.result).toEqual({ items: [1], pages: 1, complete: true });
  });

  it("take nothing for no item, and one value for one", async () => {
    const found = await read(
      paged([null, "one", { a: 1 }, []], (n) => `?page=${n}`),
      [step({})],
    );
    expect(found.result.items).toEqual(["one", { a: 1 }]);
  });

  it("end after the page of which until is true, whose items count", async () => {
    const found = await read(
      paged(THREE, (n) => `?page=${n}`),
      [step({ until: "{% 3 in $response.body.items %}" })],
    );
    expect(found.result).toEqual({ items: [1, 2, 3], pages: 2, complete: true });
    expect(found.asked).toHaveLength(2);
  });

  it("beyond the limit fail the step, or stop", async () => {
    const answer = paged(THREE, (n) => `?page=${n}`);
    const failing = await read(answer, [step({ limit: 2 })]);
    expect([failing.status, failing.code, failing.asked.length]).toEqual(["failed", "pages_limit", 2]);
    expect(failing.error).toContain("Raise pages.limit");
    const stopping = await read(answer, [step({ limit: "{% 1 + 1 %}", on_limit: "stop" })]);
    expect(stopping.result).toEqual({ items: [1, 2, 3], pages: 2, complete: false });
    expect((await read(answer, [step({ limit: 3 })])).result).toMatchObject({ pages: 3, complete: true });
  });

  it.each<[Json, string]>([
    ["https://evil.example.org/", "leads away from api.example.com"],
    ["//evil.example.org/x", "leads away"],
    ["https://api.example.com:8443/x", "leads away"],
    ["http://[bad", "is no URL"],
    [["a"], "give a URL or an object"],
    [7, "give a URL or an object"],
  ])("go nowhere when next is %j", async (next, problem) => {
    const found = await read(() => Response.json({ items: [1], next }), [step({})]);
    expect([found.code, found.asked.length]).toEqual(["http_request", 1]);
    expect(found.error).toContain(problem);
  });

  it("send a secret with each request, and take none from an answer", async () => {
    const secrets = { TOKEN: "s3cr3t-value" };
    const sent = { query: { token: { secret: "TOKEN" } } };
    const found = await read(
      paged(THREE, (n) => n),
      [step({ next: { page: "{% $response.body.next %}" } }, sent)],
      { secrets },
    );
    expect(found.asked.map(({ query }) => query.token)).toEqual(Array(3).fill("s3cr3t-value"));
    const echo = await read(
      paged(THREE, (n) => `?page=${n}&token=s3cr3t-value`),
      [step({}, sent)],
      { secrets },
    );
    expect([echo.code, echo.asked.length]).toEqual(["http_request", 1]);
    expect(echo.error).toContain("a secret in it");
  });

  it("have a key of their own each, the same when it is tried again", async () => {
    const good = paged(THREE, (n) => `?page=${n}`);
    const answer: Answer = (asked, n) => (n === 2 ? new Response("", { status: 503 }) : good(asked, n));
    const found = await read(answer, [step({}, { retry: { limit: 1, delay: "1 second" } })]);
    expect(found.status).toBe("succeeded");
    const keys = found.asked.map(({ key }) => key?.replace(/^job_\w+/, "job"));
    expect(keys).toEqual(["job.fetch#1", "job.fetch#2", "job.fetch#2", "job.fetch#3"]);
  });

  it("whose items are larger than an output end there", async () => {
    const large = "x".repeat(200_000);
    const found = await read(
      paged(Array(5).fill([large]), (n) => `?page=${n}`),
      [step({})],
    );
    expect([found.code, found.asked.length]).toEqual(["output_too_large", 3]);
  });

  it("of which one fails are passed over by on_error, and asked for no more", () =>
    inRegistry(async (bench) => {
      const good = paged(THREE, (n) => `?page=${n}`);
      const { asked, fetch } = service((each, n) =>
        each.query.page === "2" ? new Response("no", { status: 404 }) : good(each, n),
      );
      const steps = [
        step({}, { on_error: "continue" }),
        { id: "nap", type: "sleep", for: "1 hour" },
        { id: "seen", type: "transform", value: "{% $steps.fetch.error.status %}" },
      ];
      const run = await runSteps(bench, steps, { fetch, step: new DiesAsleep() });
      bench.clock.now += 3_600_000;
      await run.resume(new RecordingStep());
      expect((await run.status()).result).toEqual({ value: 404 });
      expect(asked).toHaveLength(2);
    }));

  it("show how many were read", () =>
    inRegistry(async (bench) => {
      const { fetch } = service(paged(THREE, (n) => `?page=${n}`));
      const run = await runSteps(bench, [step({ limit: 10 })], { fetch });
      const steps = (await run.status()).steps ?? [];
      expect(steps).toMatchObject([{ id: "fetch", status: "succeeded", items: { total: 10, done: 2 } }]);
    }));
});

describe("pages after a crash", () => {
  /** Runs until the process dies at the fetch or report of this number, then goes on in another. */
  async function crashing(bench: Bench, at: number) {
    const { asked, fetch } = service(paged(THREE, (n) => `?page=${n}`));
    let calls = 0;
    const counted = <T extends object>(real: T): T =>
      new Proxy(real, {
        get: (target, name) => {
          const method = Reflect.get(target, name);
          if (typeof method !== "function") return method;
          return async (...args: unknown[]) => {
            calls += 1;
            const before = calls;
            const answer = await method.apply(target, args);
            if (before === at) throw new Crash();
            return answer;
          };
        },
      });
    const run = await runSteps(bench, [step({})], { fetch, registry: counted });
    const died = calls >= at;
    if (died) await run.resume(new RecordingStep());
    return { died, asked, status: await run.status() };
  }

  it("go on at the page that they had reached, wherever the process died", () =>
    inRegistry(async (bench) => {
      let at = 1;
      for (; at < 100; at++) {
        const { died, asked, status } = await crashing(bench, at);
        expect([at, status.status, status.result]).toEqual([
          at,
          "succeeded",
          { items: [1, 2, 3, 4, 5], pages: 3, complete: true },
        ]);
        // One page is asked for again at most: the one whose answer was not kept yet.
        expect(asked.length, `at ${at}`).toBeLessThanOrEqual(4);
        expect(new Set(asked.map(({ key }) => key)).size).toBe(3);
        if (!died) break;
      }
      // A call of the registry for the start and each page, one for the last page's end, and one for the job's.
      expect(at).toBeGreaterThan(6);
    }));

  it("are reused by a retry of the job", () =>
    inRegistry(async (bench) => {
      const good = paged(THREE, (n) => `?page=${n}`);
      let isBroken = true;
      const { asked, fetch } = service((each, n) =>
        isBroken && each.query.page === "3" ? new Response("", { status: 404 }) : good(each, n),
      );
      const first = await runSteps(bench, [step({})], { fetch });
      expect((await first.status()).status).toBe("failed");
      isBroken = false;
      const again = await bench.caller.retry(CALLER, first.id, { from_step: null, input: null });
      if (!again.ok) throw new Error(again.error.code);
      const second = await runSteps(bench, [step({})], { fetch, existing: again.value.id });
      expect((await second.status()).result).toMatchObject({ items: [1, 2, 3, 4, 5] });
      expect(asked.map(({ query }) => query.page)).toEqual([undefined, "2", "3", "3"]);
    }));
});

/** The same as a loop in JavaScript. */
function byLoop(pages: readonly number[][], limit: number, stopAt: number | null) {
  const items: number[] = [];
  for (const [i, page] of pages.slice(0, limit).entries()) {
    items.push(...page);
    const isOver = i + 1 === pages.length || (stopAt !== null && page.includes(stopAt));
    if (isOver) return { items, read: i + 1, complete: true };
  }
  return { items, read: limit, complete: false };
}

it("any service's pages are read as a loop over them would", async () => {
  const services = fc.record({
    pages: fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 }), { minLength: 1, maxLength: 6 }),
    limit: fc.integer({ min: 1, max: 7 }),
    on_limit: fc.constantFrom("fail", "stop"),
    stopAt: fc.option(fc.integer({ min: 0, max: 9 })),
  });
  await inRegistry((bench) =>
    fc.assert(
      fc.asyncProperty(services, async ({ pages, limit, on_limit, stopAt }) => {
        const until = stopAt === null ? {} : { until: `{% ${stopAt} in $response.body.items %}` };
        const { fetch, asked } = service(paged(pages, (n) => `?page=${n}`));
        const run = await runSteps(bench, [step({ limit, on_limit, ...until })], { fetch });
        const { result, error_code } = await run.status();

        const { items, read, complete } = byLoop(pages, limit, stopAt);
        const fails = !complete && on_limit === "fail";
        expect([error_code, result]).toEqual(fails ? ["pages_limit", null] : [null, { items, pages: read, complete }]);
        expect(asked.length).toBe(read);
      }),
      { numRuns: 25 },
    ),
  );
}, 60_000);

/** The same plan as a repeat of requests. */
function repeated({ limit, on_limit, stopAt }: { limit: number; on_limit: string; stopAt: number | null }): Json[] {
  const over = stopAt === null ? "" : ` or ${stopAt} in $steps.page.body.items`;
  return [
    {
      ...{ id: "loop", type: "repeat", limit, on_limit, state: { items: [], next: 1 } },
      steps: [{ id: "page", type: "http", url: URL_, query: { page: "{% $state.next %}" }, retry: { limit: 0 } }],
      next: {
        items: "{% [$append($state.items, $steps.page.body.items)] %}",
        next: "{% $steps.page.body.n + 1 %}",
        pages: "{% $round %}",
        complete: `{% $steps.page.body.next = null${over} %}`,
      },
      until: "{% $state.complete %}",
    },
    {
      ...{ id: "all", type: "transform" },
      value: {
        items: "{% $steps.loop.items %}",
        pages: "{% $steps.loop.pages %}",
        complete: "{% $steps.loop.complete %}",
      },
    },
  ];
}

it("any service's pages are read as the same plan with a repeat reads them", async () => {
  const services = fc.record({
    pages: fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 4 }), { minLength: 1, maxLength: 6 }),
    limit: fc.integer({ min: 1, max: 7 }),
    on_limit: fc.constantFrom("fail", "stop"),
    stopAt: fc.option(fc.integer({ min: 0, max: 9 })),
  });
  const outcomeOf = async (bench: Bench, pages: number[][], plan: Json[]) => {
    const { fetch, asked } = service(paged(pages, (n) => `?page=${n}`));
    const { result, error_code } = await (await runSteps(bench, plan, { fetch })).status();
    return { result, failed: error_code?.endsWith("_limit") ?? false, asked: asked.length };
  };
  await inRegistry((bench) =>
    fc.assert(
      fc.asyncProperty(services, async ({ pages, ...how }) => {
        const { limit, on_limit, stopAt } = how;
        const until = stopAt === null ? {} : { until: `{% ${stopAt} in $response.body.items %}` };
        const byPages = await outcomeOf(bench, pages, [step({ limit, on_limit, ...until })]);
        expect(byPages).toEqual(await outcomeOf(bench, pages, repeated(how)));
      }),
      { numRuns: 15 },
    ),
  );
}, 60_000);

it(
  "many pages are read, over a death of the process in their middle",
  () =>
    inRegistry(async (bench) => {
      const count = setting("PAGES");
      const pages = Array.from({ length: count }, (_, i) => [i]);
      const good = paged(pages, (n) => ({ page: n }));
      let isDying = true;
      const { asked, fetch } = service((each, n) => {
        if (isDying && each.query.page === `${count / 2}`) {
          isDying = false;
          throw new Crash();
        }
        return good(each, n);
      });
      const run = await runSteps(bench, [step({ limit: count })], { fetch });
      await run.resume(new RecordingStep());
      expect((await run.status()).result).toMatchObject({ pages: count, complete: true });
      expect(asked).toHaveLength(count + 1);
    }),
  120_000,
);
