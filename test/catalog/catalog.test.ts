import { describe, expect, it } from "vitest";
import { parseEntry } from "../../src/catalog/entry.ts";
import { CATALOG } from "../../src/catalog/index.ts";
import { compileTemplate } from "../../src/expression/template.ts";
import type { Json } from "../../src/lib/json.ts";
import { aBudget, checkInput } from "../blueprint/support.ts";

const HANDLERS = Object.keys(CATALOG.handlers);

function blueprint(name: string) {
  const found = CATALOG.blueprints.find((entry) => entry.name === name);
  if (!found) throw new Error(`no blueprint ${name}`);
  return found;
}

/** The value of a transform step, given the outputs of the steps before it. */
async function evaluate(name: string, stepId: string, input: Json, steps: Record<string, Json>): Promise<Json> {
  const step = blueprint(name).plan.steps.find(({ id }) => id === stepId);
  if (step?.type !== "transform") throw new Error(`no transform ${stepId}`);
  const template = compileTemplate(step.value);
  if (!template.ok) throw new Error(template.error.message);
  const job = { id: "job_x", attempt: 1, submitted_at: "2026-11-01T00:00:00.000Z" };
  const result = await template.value.evaluate({ input, steps, job, now: 0 }, aBudget());
  if (!result.ok) throw new Error(result.error.message);
  return result.value ?? null;
}

const page = (url: string, more: Record<string, Json> = {}): Json => ({
  url,
  final_url: url,
  status: 200,
  ok: true,
  bytes: 100,
  truncated: false,
  title: null,
  latency_ms: 10,
  redirects: 0,
  error: null,
  ...more,
});

describe("the catalogue", () => {
  it("has each name and version once", () => {
    const labels = CATALOG.blueprints.map(({ name, version }) => `${name}@${version}`);
    expect(labels.length).toBeGreaterThanOrEqual(10);
    expect(new Set(labels).size).toBe(labels.length);
  });

  it.each(CATALOG.blueprints)("$name describes itself and every field of its input", ({ description, plan }) => {
    expect(description).toMatch(/\.$/);
    const properties = Object.values(plan.input?.properties ?? {});
    expect(properties.length).toBeGreaterThan(0);
    for (const property of properties) expect(property).toHaveProperty("description");
  });

  it("names each handler after its key", () => {
    expect(HANDLERS).toEqual(["audit-url", "extract-links"]);
    for (const [key, { name, description }] of Object.entries(CATALOG.handlers)) {
      expect(name).toBe(key);
      expect(description).toMatch(/\.$/);
    }
  });

  it("refuses to start with a document that does not check", () => {
    const document = { name: "bad", steps: [{ id: "a", type: "handler", handler: "nobody" }] };
    expect(() => parseEntry({ version: 1, document }, HANDLERS)).toThrow("nobody");
  });
});

describe("inputs", () => {
  it.each([
    ["url-audit", {}, "input"],
    ["url-audit", { urls: [] }, "input.urls"],
    ["url-audit", { urls: ["no url"] }, "input.urls[0]"],
    ["url-audit", { urls: Array(51).fill("https://example.com/") }, "input.urls"],
    ["url-audit", { urls: ["https://example.com/"], more: 1 }, "input"],
    ["link-check", { url: "https://example.com/", limit: 0 }, "input.limit"],
    ["http-saga", { steps: [] }, "input.steps"],
    ["http-saga", { steps: [{ undo: { url: "https://example.com/" } }] }, "input.steps[0]"],
    ["delayed-webhook", { url: "https://example.com/", delay: "1 minute" }, "input"],
  ])("of %s refuse %j at %s", (name, input, path) => {
    const faults = checkInput(blueprint(name).plan, input);
    expect(faults.map((fault) => fault.path)).toContainEqual(expect.stringContaining(path));
  });

  it("of url-audit take 50 URLs", () => {
    const urls = Array.from({ length: 50 }, (_, i) => `https://example.com/${i}?a=b&c=%20`);
    expect(checkInput(blueprint("url-audit").plan, { urls })).toEqual([]);
  });
});

describe("the summary of url-audit", () => {
  const summary = (pages: Json[]) => evaluate("url-audit", "summary", { urls: [] }, { pages });

  it("counts, and names what is broken and slow", async () => {
    const pages = [
      page("a", { latency_ms: 30 }),
      page("b", { ok: false, status: 404, bytes: 5 }),
      page("c", { redirects: 2, latency_ms: 900 }),
      page("d", { ok: false, status: null, bytes: 0, error: "unreachable" }),
    ];
    expect(await summary(pages)).toEqual({
      total: 4,
      ok: 2,
      broken: [
        { url: "b", status: 404, error: null },
        { url: "d", status: null, error: "unreachable" },
      ],
      redirected: 1,
      bytes: 205,
      slowest: { url: "c", latency_ms: 900 },
    });
  });

  it("of one good page lists nothing as broken", async () => {
    expect(await summary([page("a")])).toMatchObject({ total: 1, ok: 1, broken: [], redirected: 0, bytes: 100 });
  });

  it("of one broken page lists it alone", async () => {
    expect(await summary([page("a", { ok: false, status: 500 })])).toMatchObject({
      ok: 0,
      broken: [{ url: "a", status: 500, error: null }],
      slowest: { url: "a" },
    });
  });
});

describe("the report of link-check", () => {
  const report = (links: Json[]) => evaluate("link-check", "report", { url: "https://p" }, { links });

  it("lists broken and moved links", async () => {
    const moved = page("c", { redirects: 1, final_url: "d" });
    expect(await report([page("a"), page("b", { ok: false, status: 410 }), moved])).toEqual({
      page: "https://p",
      checked: 3,
      ok: 2,
      broken: [{ url: "b", status: 410, error: null }],
      moved: [{ url: "c", final_url: "d" }],
    });
  });

  it("of a page without links is empty", async () => {
    expect(await report([])).toEqual({ page: "https://p", checked: 0, ok: 0, broken: [], moved: [] });
  });
});
