import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { MAX_INPUT_BYTES, MAX_JSON_DEPTH, MAX_METADATA_BYTES, MAX_REPLY_BYTES } from "../../src/limits.ts";
import { callTool, jobIdOf, NOW, replyBytes, world } from "../mcp/support.ts";

const submit = (w: ReturnType<typeof world>, args: JsonObject) => callTool(w.deps, "jobs_submit_blueprint", args);
const iso = (ms: number): string => new Date(ms).toISOString();
const GOOD = { blueprint: "double", input: { n: 21 } };
const DAY = 86_400_000;

describe("submit", () => {
  it("returns the durable job's id, what to call next, and a link to the job", async () => {
    const w = world();
    const result = await submit(w, GOOD);
    expect(result.isError).toBe(false);
    expect(result.structured).toMatchObject({
      id: jobIdOf(1),
      status: "queued",
      blueprint: "double@2",
      deduplicated: false,
    });
    expect(result.text).toContain(`jobs_wait {"job_ids":["${jobIdOf(1)}"]}`);
    expect(result.content[1]).toMatchObject({ type: "resource_link", uri: `job://${jobIdOf(1)}` });
  });

  it("hands the registry a complete request, for the caller's tenant and shard", async () => {
    const w = world();
    const inline = { name: "mine", steps: [{ id: "one", type: "transform", value: 1 }] };
    const run_at = iso(NOW + 60_000);
    await submit(w, { blueprint: inline, name: "Mine\u200b!", metadata: { team: "x" }, run_at, timeout_seconds: 60 });
    expect(w.registry.submitters).toEqual([{ tenant: "local", shard: 0, key_id: null, actor: null }]);
    expect(w.registry.requests).toMatchObject([
      {
        name: "Mine!",
        blueprint: "inline",
        plan_hash: expect.stringMatching(/^[\w-]{22}$/),
        input: {},
        metadata: { team: "x" },
        run_at: NOW + 60_000,
        timeout_ms: 60_000,
        idempotency: null,
      },
    ]);
  });

  it("takes the blueprint's name and one day when nothing else is said; a past run_at is now", async () => {
    const w = world();
    await submit(w, { ...GOOD, run_at: iso(NOW - 1) });
    expect(w.registry.requests).toMatchObject([{ name: "double", run_at: null, timeout_ms: DAY }]);
  });

  it("stores the input with the defaults of the blueprint's schema", async () => {
    const w = world();
    const input = { type: "object", properties: { n: { type: "integer", default: 5 }, m: { type: "integer" } } };
    const steps = [{ id: "x", type: "transform", value: "{% $input %}" }];
    await submit(w, { blueprint: { name: "x", input, steps }, input: { m: 1 } });
    expect(w.registry.requests[0]).toMatchObject({ input: { n: 5, m: 1 } });
  });

  it("gives a job a day more than its plan waits, from its run_at, when nobody gives a timeout", async () => {
    const w = world();
    const at = NOW + 3 * DAY;
    const until = { id: "s", type: "sleep", until: iso(at + 2 * DAY) };
    const ask = { id: "q", type: "input", message: "?", schema: { type: "object" }, timeout: "5 days" };
    await submit(w, { blueprint: { name: "x", steps: [until, ask] }, run_at: iso(at) });
    expect(w.registry.requests[0]).toMatchObject({ run_at: at, timeout_ms: 8 * DAY });
  });

  it("takes the blueprint's own timeout, and the caller's before that", async () => {
    const w = world();
    const blueprint = { name: "x", timeout: "2 hours", steps: [{ id: "one", type: "transform", value: 1 }] };
    await submit(w, { blueprint });
    await submit(w, { blueprint, timeout_seconds: 60 });
    expect(w.registry.requests).toMatchObject([{ timeout_ms: 7_200_000 }, { timeout_ms: 60_000 }]);
  });

  it("with a question that is to be open for longer than the job lasts is a fault with each remedy", async () => {
    const w = world();
    const ask = { id: "ask", type: "input", message: "Go?", schema: { type: "object" } };
    const submitWith = (step: JsonObject) =>
      submit(w, { blueprint: { name: "mine", steps: [step] }, timeout_seconds: 3_600 });
    const { isError, text } = await submitWith({ ...ask, timeout: "2 hours" });
    expect(isError).toBe(true);
    expect(text).toContain("timeout_seconds: ends the job before step ask has been open for its 7200 seconds.");
    expect(text).toContain("Send more than 7200, give step ask a shorter timeout, or leave it out");
    expect((await submitWith({ ...ask, timeout: "1 hour" })).isError).toBe(false);
    expect((await submitWith(ask)).isError).toBe(false);
  });

  it.each<[string, JsonObject, JsonObject, string, string]>([
    ["the caller's timeout", {}, { timeout_seconds: 3_600 }, "timeout_seconds", "Send more than 7200,"],
    ["the blueprint's timeout", { timeout: "1 hour" }, {}, "blueprint.timeout", 'Send more than "7200 seconds",'],
  ])("refuses %s when a sleep is longer, and takes it when the remedy is followed", async (_, own, more, path, fix) => {
    const w = world();
    const nap = { id: "nap", type: "sleep", for: "2 hours" };
    const nested = { id: "p", type: "parallel", branches: { a: [{ id: "m", type: "map", over: [1], steps: [nap] }] } };
    const refused = await submit(w, { blueprint: { name: "x", steps: [nested], ...own }, ...more });
    expect([refused.isError, refused.text]).toEqual([
      true,
      expect.stringMatching(`${path}: ends the job before step nap.*${fix}`),
    ]);
    const longer = own.timeout === undefined ? {} : { timeout: "7201 seconds" };
    const again = {
      blueprint: { name: "x", steps: [nested], ...longer },
      ...(more.timeout_seconds === undefined ? {} : { timeout_seconds: 7_201 }),
    };
    expect((await submit(w, again)).isError).toBe(false);
    const maybe = { ...nap, when: "{% $input.slow %}" };
    expect((await submit(w, { blueprint: { name: "x", steps: [maybe], ...own }, ...more })).isError).toBe(false);
  });

  it("with sleeps that together last as long as any job, or longer, is refused before it has slept", async () => {
    const naps = (days: number[]) => days.map((each, i) => ({ id: `s${i}`, type: "sleep", for: `${each} days` }));
    const asked = (steps: JsonObject[]) => submit(world(), { blueprint: { name: "long", steps }, dry_run: true });
    expect((await asked(naps([200, 200]))).text).toContain("blueprint.steps: sleep for 400 days together");
    const far = { id: "far", type: "sleep", until: "9999-12-31T23:59:59Z" };
    expect((await asked([far])).text).toContain("lasts 365 at most");
    // The job itself takes a moment, too.
    expect((await asked(naps([165, 200]))).text).toContain("blueprint.steps: sleep for 365 days together");
    expect((await asked(naps([164, 200]))).text).toContain("valid, nothing is stored");
  });

  it("runs the version that is asked for", async () => {
    const w = world();
    expect((await submit(w, { ...GOOD, blueprint: "double@1" })).structured.blueprint).toBe("double@1");
  });
});

describe("idempotency", () => {
  it("the same key with the same arguments in another order is the first job", async () => {
    const w = world();
    await submit(w, { blueprint: "double", input: { n: 1, m: 2 }, idempotency_key: "k" });
    const again = await submit(w, {
      idempotency_key: "k",
      input: { m: 2, n: 1 },
      blueprint: "double",
      wait_seconds: 0,
    });
    expect(again.structured).toMatchObject({ id: jobIdOf(1), deduplicated: true });
    expect(again.text).toContain("Already submitted");
  });

  it.each([
    { input: { n: 2 } },
    { name: "x" },
    { metadata: { a: 1 } },
    { timeout_seconds: 5 },
    { blueprint: "double@2" },
  ])("the same key with %j is a conflict that names the first job and the way out", async (change) => {
    const w = world();
    await submit(w, { ...GOOD, idempotency_key: "k" });
    const result = await submit(w, { ...GOOD, idempotency_key: "k", ...change });
    expect(result.isError).toBe(true);
    expect(result.text).toContain(jobIdOf(1));
    expect(result.text).toContain("new idempotency_key");
  });
});

describe("wait_seconds", () => {
  it("returns the result of a job that settles in time, over a stub of its own", async () => {
    const w = world();
    const result = await submit(w, { ...GOOD, wait_seconds: 2.5 });
    expect(result.structured).toMatchObject({ status: "succeeded", result: { n: 42 }, deduplicated: false });
    expect(result.text).toContain('{"n":42}');
    expect(w.registry.waits).toEqual([2_500]);
    expect(w.stubs).toEqual([0, 0]);
  });

  it("reads the status with a new stub when the object is reset during the wait", async () => {
    const w = world();
    w.registry.broken = { wait: new Error("Durable Object reset") };
    const result = await submit(w, { ...GOOD, wait_seconds: 1 });
    expect(result.structured).toMatchObject({ id: jobIdOf(1), status: "queued" });
    expect(w.stubs).toHaveLength(3);
  });

  it("never loses the job id, even when the registry cannot be read any more", async () => {
    const w = world();
    w.registry.broken = { wait: new Error("reset"), status: new Error("reset") };
    const result = await submit(w, { ...GOOD, wait_seconds: 1 });
    expect(result).toMatchObject({ isError: false, structured: { id: jobIdOf(1), status: "queued" } });
  });
});

describe("dry_run", () => {
  it("of a good submission is valid and stores nothing", async () => {
    const w = world();
    const result = await submit(w, { ...GOOD, dry_run: true });
    expect(result.structured).toEqual({
      next: "The same call without dry_run.",
      valid: true,
      blueprint: "double@2",
      faults: [],
    });
    expect(w.stubs).toEqual([]);
  });

  it("of a bad one lists every fault, and is no error", async () => {
    const w = world();
    const result = await submit(w, { blueprint: { name: "x", steps: [{ id: "A", type: "nope" }] }, dry_run: true });
    expect(result.isError).toBe(false);
    expect(result.structured).toMatchObject({ valid: false, blueprint: "inline" });
    const faults = result.structured.faults as { path: string; message: string; fix: string }[];
    expect(faults.length).toBeGreaterThan(0);
    for (const fault of faults) expect(Object.values(fault).every((text) => text.length > 0)).toBe(true);
  });
});

function nested(levels: number): JsonObject {
  let value: JsonObject = {};
  for (let i = 0; i < levels; i++) value = { a: value };
  return value;
}

describe("bad arguments", () => {
  it.each<[string, JsonObject, string]>([
    ["no blueprint", {}, "blueprint"],
    ["a blueprint that is a number", { blueprint: 1 }, "blueprint"],
    ["an empty blueprint name", { blueprint: "" }, "blueprint"],
    ["an unknown blueprint", { blueprint: "triple" }, "blueprint"],
    ["an unknown version", { blueprint: "double@9" }, "blueprint"],
    ["an inline blueprint without steps", { blueprint: { name: "x" } }, "blueprint.steps"],
    [
      "an inline step of no kind",
      { blueprint: { name: "x", steps: [{ id: "a", type: "nope" }] } },
      "blueprint.steps[0].type",
    ],
    ["an input that is an array", { blueprint: "double", input: [] }, "input"],
    ["an input without a required field", { blueprint: "double", input: {} }, "input.n"],
    ["an input of the wrong type", { blueprint: "double", input: { n: "x" } }, "input.n"],
    ["an input that is too large", { blueprint: "double", input: { n: 1, x: "y".repeat(MAX_INPUT_BYTES) } }, "input"],
    ["metadata that is text", { ...GOOD, metadata: "x" }, "metadata"],
    ["metadata that is too large", { ...GOOD, metadata: { x: "y".repeat(MAX_METADATA_BYTES) } }, "metadata"],
    ["an empty name", { ...GOOD, name: "" }, "name"],
    ["a name that is too long", { ...GOOD, name: "x".repeat(129) }, "name"],
    ["an empty idempotency key", { ...GOOD, idempotency_key: "" }, "idempotency_key"],
    ["a long idempotency key", { ...GOOD, idempotency_key: "k".repeat(129) }, "idempotency_key"],
    ["run_at that is no time", { ...GOOD, run_at: "tomorrow" }, "run_at"],
    ["run_at without a zone", { ...GOOD, run_at: "2026-12-01T09:00:00" }, "run_at"],
    ["run_at too far ahead", { ...GOOD, run_at: iso(NOW + 366 * DAY) }, "run_at"],
    ["a timeout of zero", { ...GOOD, timeout_seconds: 0 }, "timeout_seconds"],
    ["a timeout over 365 days", { ...GOOD, timeout_seconds: 365 * 86_400 + 1 }, "timeout_seconds"],
    ["a negative wait", { ...GOOD, wait_seconds: -1 }, "wait_seconds"],
    ["a wait over 50 seconds", { ...GOOD, wait_seconds: 51 }, "wait_seconds"],
    ["a wait that is text", { ...GOOD, wait_seconds: "5" }, "wait_seconds"],
    ["a dry run that is text", { ...GOOD, dry_run: "yes" }, "dry_run"],
    ["half a surrogate pair", { ...GOOD, input: { n: 1, t: ["a", "\ud800"] } }, "input.t[1]"],
    ["half a surrogate pair as a field's name", { ...GOOD, metadata: { "\udc00": 1 } }, "metadata"],
  ])("%s: the error names its path and a remedy", async (_, args, path) => {
    const w = world();
    const result = await submit(w, args);
    expect(result.isError).toBe(true);
    const [, ...faults] = result.text.split("\n");
    expect(faults.some((line) => line.startsWith(`${path}: `) || line.startsWith(`${path}[`))).toBe(true);
    expect(w.registry.requests).toEqual([]);
  });

  it("nested too deep are refused, just at the limit they are not", async () => {
    const w = world();
    const deepest = { n: 1, a: nested(MAX_JSON_DEPTH - 1) };
    expect((await submit(w, { blueprint: "double", input: deepest })).isError).toBe(false);
    const deeper = await submit(w, { blueprint: "double", input: { n: 1, a: nested(MAX_JSON_DEPTH) } });
    expect(deeper).toMatchObject({ isError: true, text: expect.stringContaining(`deeper than ${MAX_JSON_DEPTH}`) });
  });

  it("with several faults list all of them", async () => {
    const result = await submit(world(), { blueprint: "double", input: { n: "x" }, run_at: "soon" });
    expect(result.text).toMatch(/^input\.n: /m);
    expect(result.text).toMatch(/^run_at: /m);
  });

  it("with faults that have no end are answered in a small reply, dry run or not", async () => {
    const steps = Array.from({ length: 30 }, (_, i) => ({ id: `s${i}`, type: "transform", ["😀".repeat(450)]: 1 }));
    for (const dry_run of [true, false]) {
      const result = await submit(world(), { blueprint: { name: "x", steps }, dry_run });
      expect(result.text).toContain("blueprint.steps[0]");
      expect(replyBytes(result)).toBeLessThan(MAX_REPLY_BYTES);
    }
  });

  it("with an unknown name list the known ones", async () => {
    const result = await submit(world(), { blueprint: "dubble" });
    expect(result.text).toContain("Use one of: double");
  });

  it("may use the names of an object's own methods as data", async () => {
    const w = world();
    const metadata = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}');
    expect((await submit(w, { ...GOOD, metadata })).isError).toBe(false);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });
});

describe("a job step that names a blueprint", () => {
  const child = (blueprint: string, id = "kid"): JsonObject => ({ id, type: "job", blueprint, input: { n: 1 } });
  const parent = (...steps: JsonObject[]): JsonObject => ({ name: "parent", steps });
  const saved = (value: number): JsonObject => ({ name: "mine", steps: [{ id: "one", type: "transform", value }] });
  const save = (w: ReturnType<typeof world>, blueprint: JsonObject) =>
    callTool(w.deps, "blueprints_save", { blueprint });

  it("is pinned to the version that is the latest at submit, wherever it stands", async () => {
    const w = world();
    await save(w, saved(1));
    await save(w, saved(2));
    const inline = { id: "in", type: "job", blueprint: parent(child("mine", "a")) };
    const both = {
      id: "both",
      type: "parallel",
      branches: { left: [child("double", "b")], right: [child("mine@1", "c")] },
    };
    const each = { id: "each", type: "map", over: [1], steps: [child("mine", "d")] };
    await submit(w, { blueprint: parent(inline, both, each, child("double@1")) });
    const plan = JSON.stringify(w.registry.requests[0]?.plan);
    expect(plan.match(/"(mine|double)[^"]*"/g)).toEqual([
      '"mine@2"',
      '"double@2"',
      '"mine@1"',
      '"mine@2"',
      '"double@1"',
    ]);
  });

  it("of a saved blueprint is pinned at each submit, and the saved one stays as it is", async () => {
    const w = world();
    await save(w, saved(1));
    await save(w, parent(child("mine")));
    await submit(w, { blueprint: "parent" });
    await save(w, saved(2));
    await submit(w, { blueprint: "parent" });
    expect(w.registry.requests.map(({ plan }) => plan.steps[0])).toMatchObject([
      { blueprint: "mine@1" },
      { blueprint: "mine@2" },
    ]);
    expect(w.registry.saved.find(({ name }) => name === "parent")?.plan.steps[0]).toMatchObject({ blueprint: "mine" });
  });

  it("gives its waits to the job's timeout", async () => {
    const w = world();
    await save(w, { name: "mine", steps: [{ id: "nap", type: "sleep", for: "3 days" }] });
    await submit(w, { blueprint: parent(child("mine")) });
    expect(w.registry.requests[0]).toMatchObject({ timeout_ms: 4 * DAY });
  });

  it.each([
    ["an unknown name", "dubble", 'blueprint.steps[0].blueprint: "dubble" is not known. Use one of: double'],
    [
      "an unknown version",
      "double@9",
      "blueprint.steps[0].blueprint: has no version 9. Use one of: double@1, double@2",
    ],
    ["another tenant's name", "theirs", 'blueprint.steps[0].blueprint: "theirs" is not known.'],
  ])("with %s is refused at submit and at save, with what there is", async (_, name, text) => {
    const w = world();
    for (const reply of [await submit(w, { blueprint: parent(child(name)) }), await save(w, parent(child(name)))]) {
      expect([reply.isError, reply.text]).toEqual([true, expect.stringContaining(text)]);
    }
  });

  it("with an unknown name inside is told beside all other faults, at each place", async () => {
    const w = world();
    const inner = { id: "in", type: "job", blueprint: parent(child("nope1", "a")) };
    const each = { id: "each", type: "map", over: [1], steps: [child("nope2", "b")], wait: 1 };
    const { text } = await submit(w, { blueprint: parent(inner, each), run_at: "soon" });
    for (const path of ["steps[0].blueprint.steps[0].blueprint", "steps[1].steps[0].blueprint", "steps[1].wait"]) {
      expect(text).toContain(`\nblueprint.${path}: `);
    }
    expect(text).toContain("\nrun_at: ");
  });
});
