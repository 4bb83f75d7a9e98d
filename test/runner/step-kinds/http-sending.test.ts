import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { inRegistry } from "../../registry/bench.ts";
import { json, type RunOptions, runSteps, type Sent, scripted } from "../bench.ts";

const TOKEN = "s3cr3t-value";

/** What the step sends, and how its job ends. */
async function send(step: JsonObject, options: RunOptions = {}) {
  let sent: Sent[] = [];
  let error: string | null = null;
  let result: Json = null;
  await inRegistry(async (bench) => {
    const script = scripted(json({}));
    sent = script.sent;
    const call = { id: "call", type: "http", url: "https://api.example.com/x", retry: { limit: 0 }, ...step };
    const run = await runSteps(bench, [call], { fetch: script.fetch, secrets: { TOKEN }, ...options });
    ({ error, result } = (await run.status()) as { error: string | null; result: Json });
  });
  return { sent, error, result };
}

describe("a value in a URL", () => {
  it("stays one component, and takes no header elsewhere", async () => {
    const { sent } = await send(
      { url: "https://api.example.com/t/{% $input.id %}/x" },
      { input: { id: "../../secret?x=1#y" } },
    );
    expect(sent[0]?.url).toBe("https://api.example.com/t/..%2F..%2Fsecret%3Fx%3D1%23y/x");
  });

  it.each([
    ["https://api.example.com/{% $input.id %}/x", ".."],
    ["{% $input.id %}/x", "/relative"],
    ["https://api.example.com/{% $input.none %}", ""],
  ])("that cannot stand in %s fails the step before it is sent", async (url, id) => {
    const { sent, error } = await send({ url }, { input: { id } });
    expect(sent).toEqual([]);
    expect(error).toContain("Step call: url");
  });

  it.each([
    ["/echo?page=2", "http://127.0.0.1:9411/echo?page=2"],
    ["http://127.0.0.1:9411/items/3", "http://127.0.0.1:9411/items/3"],
    ["items/4", "http://127.0.0.1:9411/items/4"],
  ])("may be the next link %s, by $url", async (next, expected) => {
    const { sent } = await send({ url: "{% $url('http://127.0.0.1:9411', $input.next) %}" }, { input: { next } });
    expect(sent[0]?.url).toBe(expected);
  });

  it.each(["//elsewhere.example/x", null])("of $url that leads nowhere (%s) fails before it is sent", async (next) => {
    const { sent, error } = await send(
      { url: "{% $url('https://api.example.com', $input.next) %}" },
      { input: { next } },
    );
    expect(sent).toEqual([]);
    expect(error).toContain("url");
  });

  it("with a slash is named when the service does not find it", () =>
    inRegistry(async (bench) => {
      const { fetch } = scripted(() => new Response("no", { status: 404 }));
      const step = { id: "call", type: "http", url: "https://api.example.com/{% $input.id %}" };
      const run = await runSteps(bench, [step], { fetch, input: { id: "a/b" } });
      expect((await run.status()).error).toContain('"a/b" was sent as one component');
    }));
});

describe("the query", () => {
  it.each([
    ["https://a.example/x?sig=a%2fb+c&t=~", "https://a.example/x?sig=a%2fb+c&t=~&q=1"],
    ["https://a.example/x?", "https://a.example/x?q=1"],
    ["https://a.example/x?a&", "https://a.example/x?a&q=1"],
    ["https://a.example/x#part", "https://a.example/x?q=1#part"],
    ["https://a.example/x?a=(b)'#p?q", "https://a.example/x?a=(b)'&q=1#p?q"],
  ])("of %s stays as it is before what is appended", async (url, expected) => {
    expect((await send({ url, query: { q: 1 } })).sent[0]?.url).toBe(expected);
  });

  it("leaves null out and repeats a list", async () => {
    const query = { none: null, gone: "{% $input.gone %}", list: ["a", null, 2, true], text: "a b&c" };
    expect((await send({ query })).sent[0]?.url).toBe("https://api.example.com/x?list=a&list=2&list=true&text=a+b%26c");
  });
});

describe("a header", () => {
  it("that is null or nothing is left out", async () => {
    const { sent } = await send({ headers: { "x-null": null, "x-none": "{% $input.none %}", "x-n": "{% 1 %}" } });
    expect(["x-null", "x-none", "x-n"].map((name) => sent[0]?.headers.get(name))).toEqual([null, null, "1"]);
  });

  it.each<[Json, string]>([
    [{ secret: "TOKEN" }, "an object"],
    [{ secret: "TOKEN", prefix: "Bearer " }, "an object"],
    [{ a: 1 }, "an object"],
    [["a", "b"], "a list"],
    [[{ secret: "TOKEN" }], "a list"],
  ])("that an expression makes %j fails the step", async (value, what) => {
    const { sent, error } = await send({ headers: { "x-a": "{% $input.v %}" } }, { input: { v: value } });
    expect(sent).toEqual([]);
    expect(error).toContain(`headers.x-a is ${what}`);
  });

  it("says who sends it, in the version that runs", async () => {
    expect((await send({})).sent[0]?.headers.get("user-agent")).toBe("edge-jobs/test");
  });
});

describe("auth", () => {
  it.each<[JsonObject, string]>([
    [{ bearer: { secret: "TOKEN" } }, `Bearer ${TOKEN}`],
    [{ bearer: "{% $input.t %}" }, "Bearer given"],
    [{ basic: { user: "me", password: { secret: "TOKEN" } } }, `Basic ${btoa(`me:${TOKEN}`)}`],
    [{ basic: { user: "é", password: "ü" } }, "Basic w6k6w7w="],
  ])("%j is sent as authorization", async (auth, expected) => {
    expect((await send({ auth }, { input: { t: "given" } })).sent[0]?.headers.get("authorization")).toBe(expected);
  });

  it.each([
    { bearer: "{% $input.none %}" },
    { bearer: "{% {'secret': 'TOKEN'} %}" },
    { basic: { user: "a", password: "{% $input.none %}" } },
  ])("%j gives no text, and nothing is sent", async (auth) => {
    const { sent, error } = await send({ auth });
    expect(sent).toEqual([]);
    expect(error).toContain("gives no text");
  });
});

describe("a body", () => {
  const post = (step: JsonObject, input: JsonObject = {}) => send({ method: "POST", ...step }, { input });

  it("of bytes is what the document alone can ask for", async () => {
    const { sent } = await post({ body: { base64: "{% $input.data %}" } }, { data: "AAH/gA==" });
    expect(sent[0]?.bytes).toEqual([0, 1, 255, 128]);
    expect(sent[0]?.headers.get("content-type")).toBe("application/octet-stream");
    const data = await post({ body: "{% $input %}" }, { base64: "AAH/gA==" });
    expect(data.sent[0]?.body).toBe('{"base64":"AAH/gA=="}');
  });

  it.each(["no base64!", 7, null])("of bytes that is %j fails the step", async (data) => {
    const { sent, error } = await post({ body: { base64: "{% $input.data %}" } }, { data });
    expect([sent, error]).toEqual([[], expect.stringContaining("body.base64")]);
  });

  it("of a form is urlencoded, with secrets where the document has them", async () => {
    const { sent } = await post({ form: { a: "b c&d", none: null, list: [1, { secret: "TOKEN" }] } });
    expect(sent[0]?.body).toBe(`a=b+c%26d&list=1&list=${TOKEN}`);
    expect(sent[0]?.headers.get("content-type")).toBe("application/x-www-form-urlencoded");
  });

  it("of JSON has secrets at the leaves that the document has, and nowhere else", async () => {
    const { sent } = await post(
      { body: { a: [{ secret: "TOKEN", prefix: "k=" }], b: "{% $input.v %}" } },
      { v: { secret: "TOKEN" } },
    );
    expect(JSON.parse(sent[0]?.body ?? "")).toEqual({ a: [`k=${TOKEN}`], b: { secret: "TOKEN" } });
  });
});

describe("a secret", () => {
  it.each<[string, JsonObject]>([
    ["a header", { headers: { a: { secret: "TOKEN" } } }],
    ["a bearer", { auth: { bearer: { secret: "TOKEN" } } }],
  ])("with letters beyond ASCII is not put into %s, whose value would be logged", async (_, step) => {
    const { sent, error } = await send(step, { secrets: { TOKEN: "pässwörd-1" } });
    expect([sent, error]).toEqual([[], expect.stringContaining("beyond ASCII")]);
  });

  it("may be the whole URL, of a host that it is bound to, and stands in no output", async () => {
    const secrets = { HOOK: "https://hooks.example.com/services/T0/B1/abcdefgh" };
    const sends = (hosts: string[]) => send({ url: { secret: "HOOK" }, method: "POST", body: "x" }, { secrets, hosts });
    const { sent, result } = await sends(["hooks.example.com"]);
    expect(sent[0]?.url).toBe(secrets.HOOK);
    expect(result).toMatchObject({ url: "[secret HOOK]" });
    expect(await sends(["other.example.com"])).toMatchObject({ sent: [], error: expect.stringContaining("not bound") });
  });

  it.each<[string, JsonObject]>([
    ["a header", { headers: { a: { secret: "TOKEN" } } }],
    ["auth", { auth: { basic: { user: "u", password: { secret: "TOKEN" } } } }],
    ["the query", { query: { a: { secret: "TOKEN" } } }],
    ["a form", { method: "POST", form: { a: [{ secret: "TOKEN" }] } }],
    ["a body", { method: "POST", body: { a: { secret: "TOKEN" } } }],
  ])("in %s is not sent to a host that a value names and it is not bound to", async (_, step) => {
    const url = "https://{% $input.host %}/x";
    const to = (host: string) => send({ url, ...step }, { input: { host }, hosts: ["api.example.com"] });
    expect((await to("api.example.com")).sent).toHaveLength(1);
    expect(await to("evil.example.com")).toMatchObject({
      sent: [],
      error: expect.stringContaining("may not be sent to evil.example.com"),
    });
  });
});
