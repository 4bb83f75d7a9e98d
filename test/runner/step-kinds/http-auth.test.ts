import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { inRegistry } from "../../registry/bench.ts";
import { json, type RunOptions, runSteps, type Sent, scripted } from "../bench.ts";

const KEY = "s3cr3t-signing-key";
const WEBHOOK_KEY = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

interface Signed {
  sent: Sent[];
  error: string | null;
  /** Epoch ms at which the job began. */
  began: number;
}

async function send(step: JsonObject, options: RunOptions = {}, answers = [json({})]): Promise<Signed> {
  let seen: Signed | undefined;
  await inRegistry(async (bench) => {
    const began = bench.clock.now;
    const { fetch, sent } = scripted(...answers);
    const call = { id: "call", type: "http", method: "POST", url: "https://api.example.com/x", ...step };
    const run = await runSteps(bench, [call], { fetch, secrets: { KEY, WEBHOOK_KEY }, ...options });
    const { error } = await run.status();
    seen = { sent, error, began };
  });
  if (seen === undefined) throw new Error("nothing came of it");
  return seen;
}

const hmac = (more: JsonObject = {}): JsonObject => ({
  hmac: { secret: { secret: "KEY" }, header: "x-signature", ...more },
});
const signed = (text: string | Uint8Array, algorithm = "sha256", encoding: "hex" | "base64" = "hex"): string =>
  createHmac(algorithm, KEY).update(text).digest(encoding);
const headerOf = ({ sent }: Signed, name = "x-signature") => sent[0]?.headers.get(name);

describe("an HMAC of a request", () => {
  it.each<[string, JsonObject, string | Uint8Array]>([
    ["JSON", { body: { a: "é", n: "{% 1 + 1 %}" } }, '{"a":"é","n":2}'],
    ["text", { body: "as it is" }, "as it is"],
    ["a form", { form: { a: "b c" } }, "a=b+c"],
    ["bytes", { body: { base64: "/wAB" } }, new Uint8Array([255, 0, 1])],
    ["nothing", { method: "GET" }, ""],
    ["a body with a secret", { body: { token: { secret: "KEY" } } }, `{"token":"${KEY}"}`],
  ])("is over exactly what is sent: %s", async (_, step, text) => {
    const found = await send({ auth: hmac(), ...step });
    expect([found.error, headerOf(found)]).toEqual([null, signed(text)]);
    if (typeof text === "string" && text !== "") expect(found.sent[0]?.body).toBe(text);
  });

  it.each<[JsonObject, string]>([
    [{ algorithm: "SHA-1" }, signed("x", "sha1")],
    [{ algorithm: "SHA-512", encoding: "base64" }, signed("x", "sha512", "base64")],
    [{ prefix: "sha256=" }, `sha256=${signed("x")}`],
    [{ over: "v0:{% $body %}" }, signed("v0:x")],
    [{ over: "{% $uppercase($body) %}" }, signed("X")],
    [{ secret: "{% $input.key %}" }, createHmac("sha256", "given").update("x").digest("hex")],
  ])("is made as %j says", async (more, expected) => {
    const found = await send({ auth: hmac(more), body: "x" }, { input: { key: "given" } });
    expect([found.error, headerOf(found)]).toEqual([null, expected]);
  });

  it("has the time of each try, which headers can send", async () => {
    const step = {
      ...{ body: "x", headers: { "x-time": "{% $string($timestamp) %}" } },
      auth: hmac({ over: "{% $timestamp %}.{% $body %}", prefix: "t={% $timestamp %},v1=" }),
      retry: { limit: 1, delay: "5 seconds" },
    };
    const found = await send(step, {}, [() => new Response("", { status: 503 }), json({})]);
    const times = [Math.floor(found.began / 1_000), Math.floor((found.began + 5_000) / 1_000)];
    expect(found.sent.map(({ headers }) => headers.get("x-time"))).toEqual(times.map(String));
    expect(found.sent.map(({ headers }) => headers.get("x-signature"))).toEqual(
      times.map((time) => `t=${time},v1=${signed(`${time}.x`)}`),
    );
  });

  it.each<[JsonObject, string]>([
    [{ over: "{% $input.none %}" }, "auth.hmac.over gives no text"],
    [{ over: "{% {'a': 1} %}" }, "auth.hmac.over gives no text"],
    [{ secret: "{% $input.none %}" }, "auth.hmac.secret gives no text"],
    [{ prefix: "{% $input.none %}" }, "auth.hmac.prefix gives no text"],
    [{ over: "{% $error('no') %}" }, "auth.hmac.over: no"],
  ])("that %j leaves without a part is not sent", async (more, error) => {
    const found = await send({ auth: hmac(more), body: "x" });
    expect(found.sent).toEqual([]);
    expect(found.error).toContain(error);
  });

  it("may place a body with a secret between other text", async () => {
    const found = await send({ auth: hmac({ over: "v0:{% $body %}:{% 1 %}" }), body: [{ secret: "KEY" }] });
    expect([found.error, headerOf(found)]).toEqual([null, signed(`v0:["${KEY}"]:1`)]);
  });

  it.each([
    "{% $error($body) %}",
    "{% $contains($body, 's3') ? $error('yes') : $error('no') %}",
    "{% $substring($body, 0, 3) %}",
    "{% $hash($body) %}",
  ])("shows no expression the secret in its body: %s", async (over) => {
    const found = await send({ auth: hmac({ over }), body: [{ secret: "KEY" }] });
    expect(found.sent).toEqual([]);
    expect(found.error).not.toContain("s3cr3t");
    expect(found.error).not.toContain("yes");
  });
});

describe("a standard webhook", () => {
  const auth = { standard_webhook: { secret: "WEBHOOK_KEY" } };
  const key = Buffer.from(WEBHOOK_KEY.slice("whsec_".length), "base64");

  it("is signed over its id, its time and its body, with the same id in each try", async () => {
    const step = { auth, body: { event: "done" }, retry: { limit: 1, delay: "5 seconds" } };
    const { sent, error } = await send(step, {}, [() => new Response("", { status: 503 }), json({})]);
    expect(error).toBeNull();
    const seen = sent.map(({ headers, body }) => {
      const [id, time] = [headers.get("webhook-id"), headers.get("webhook-timestamp")];
      const expected = createHmac("sha256", key).update(`${id}.${time}.${body}`).digest("base64");
      return {
        id,
        time,
        isRight: headers.get("webhook-signature") === `v1,${expected}`,
        own: headers.get("idempotency-key"),
      };
    });
    expect(seen.map(({ isRight }) => isRight)).toEqual([true, true]);
    expect(new Set(seen.map(({ id }) => id))).toEqual(new Set(seen.map(({ own }) => own)));
    expect(Number(seen[1]?.time) - Number(seen[0]?.time)).toBe(5);
  });

  it.each<[Json, string]>([
    ["{% $input.none %}", "gives no text"],
    ["whsec_", "no key"],
    ["not base64!", "no key"],
  ])("with the key %j is not sent", async (secret, problem) => {
    const { sent, error } = await send({ auth: { standard_webhook: secret }, body: {} });
    expect(sent).toEqual([]);
    expect(error).toContain(`auth.standard_webhook ${problem.startsWith("no") ? `is ${problem}` : problem}`);
  });
});

describe("a failure that a blueprint goes on from", () => {
  it("has what the service answered", async () => {
    await inRegistry(async (bench) => {
      const { fetch } = scripted(json({ reason: "exists" }, { status: 409 }));
      const call = { id: "call", type: "http", url: "https://api.example.com/x", on_error: "continue" };
      const run = await runSteps(bench, [call], { fetch });
      expect((await run.status()).result).toMatchObject({ error: { status: 409, body: { reason: "exists" } } });
    });
  });
});
