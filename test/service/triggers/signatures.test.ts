import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { checkSignature } from "../../../src/service/triggers/signatures.ts";
import type { Verify } from "../../../src/triggers/trigger-document.ts";

const bytes = (text: string) => Uint8Array.from(new TextEncoder().encode(text));
const hmac = (algorithm: string, secret: string | Uint8Array, text: string, as: "hex" | "base64" = "hex") =>
  createHmac(algorithm, secret).update(text).digest(as);

interface Vector {
  verify: Verify;
  secret: string;
  headers: Record<string, string>;
  body: string;
  /** Epoch ms at which it came. */
  now?: number;
  id?: string | null;
}

const jsonOf = (text: string): Json | undefined => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const check = ({ verify, secret, headers, body, now = 0 }: Vector) =>
  checkSignature(verify, secret, { headers, body: bytes(body), json: jsonOf(body) }, now);

const scheme = (name: Verify["scheme"], over: Partial<Verify> = {}): Verify => ({ scheme: name, secret: "S", ...over });

const SLACK_BODY =
  "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
const STRIPE_BODY = '{"id":"evt_1","object":"event"}';
const LINEAR_BODY = '{"action":"create","webhookTimestamp":1676056940508}';
const MONTHS = 1_700_000_000;

/** Those of GitHub, Slack and Standard Webhooks are the ones of their documents; of the others, the form is. */
const VECTORS: Record<string, Vector> = {
  GitHub: {
    verify: scheme("github"),
    secret: "It's a Secret to Everybody",
    headers: {
      "x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
      "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    },
    body: "Hello, World!",
    id: "72d3162e-cc78-11e3-81ab-4c9367dc0958",
  },
  Slack: {
    verify: scheme("slack"),
    secret: "8f742231b10e8888abcd99yyyzzz85a5",
    headers: {
      "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
      "x-slack-request-timestamp": "1531420618",
    },
    body: SLACK_BODY,
    now: 1_531_420_618_000,
    id: null,
  },
  "Standard Webhooks": {
    verify: scheme("standard"),
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    headers: {
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    body: '{"test": 2432232314}',
    now: 1_614_265_330_000,
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  },
  Svix: {
    verify: scheme("standard"),
    secret: `whsec_${btoa("0123456789abcdef")}`,
    headers: {
      "svix-id": "msg_1",
      "svix-timestamp": String(MONTHS),
      "svix-signature": `v1,${hmac("sha256", "0123456789abcdef", `msg_1.${MONTHS}.{}`, "base64")}`,
    },
    body: "{}",
    now: MONTHS * 1_000,
    id: "msg_1",
  },
  Stripe: {
    verify: scheme("stripe"),
    secret: "whsec_test",
    headers: {
      "stripe-signature": `t=${MONTHS},v1=${"0".repeat(64)},v1=${hmac("sha256", "whsec_test", `${MONTHS}.${STRIPE_BODY}`)},v0=x`,
    },
    body: STRIPE_BODY,
    now: MONTHS * 1_000,
    id: "evt_1",
  },
  Shopify: {
    verify: scheme("shopify"),
    secret: "hush",
    headers: { "x-shopify-hmac-sha256": hmac("sha256", "hush", "{}", "base64"), "x-shopify-webhook-id": "b54557e4" },
    body: "{}",
    id: "b54557e4",
  },
  Linear: {
    verify: scheme("linear"),
    secret: "lin_wh_1",
    headers: { "linear-signature": hmac("sha256", "lin_wh_1", LINEAR_BODY), "linear-delivery": "234d1a4e" },
    body: LINEAR_BODY,
    now: 1_676_056_940_508,
    id: "234d1a4e",
  },
  Bitbucket: {
    verify: scheme("hmac", { header: "X-Hub-Signature", prefix: "sha256=" }),
    secret: "It's a Secret to Everybody",
    headers: { "x-hub-signature": "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9" },
    body: "Hello World!",
    id: null,
  },
  Dropbox: {
    verify: scheme("hmac", { header: "X-Dropbox-Signature" }),
    secret: "app secret",
    headers: { "x-dropbox-signature": hmac("sha256", "app secret", "{}") },
    body: "{}",
    id: null,
  },
  Intercom: {
    verify: scheme("hmac", { header: "X-Hub-Signature", prefix: "sha1=", algorithm: "sha1" }),
    secret: "client secret",
    headers: { "x-hub-signature": `sha1=${hmac("sha1", "client secret", "{}")}` },
    body: "{}",
    id: null,
  },
  Typeform: {
    verify: scheme("hmac", { header: "Typeform-Signature", prefix: "sha256=", encoding: "base64" }),
    secret: "typeform",
    headers: { "typeform-signature": `sha256=${hmac("sha256", "typeform", "{}", "base64")}` },
    body: "{}",
    id: null,
  },
  WooCommerce: {
    verify: scheme("hmac", { header: "X-WC-Webhook-Signature", encoding: "base64" }),
    secret: "woo",
    headers: { "x-wc-webhook-signature": hmac("sha256", "woo", "{}", "base64") },
    body: "{}",
    id: null,
  },
  Paystack: {
    verify: scheme("hmac", { header: "X-Paystack-Signature", algorithm: "sha512" }),
    secret: "paystack",
    headers: { "x-paystack-signature": hmac("sha512", "paystack", "{}") },
    body: "{}",
    id: null,
  },
};

describe.each(Object.entries(VECTORS))("a delivery of %s", (_name, vector) => {
  it("is believed, and named as its sender names it", async () => {
    expect(await check(vector)).toEqual({ ok: true, value: { id: vector.id } });
  });

  it("is not believed when a byte of it, or the secret, is another one", async () => {
    const bad = { ok: false, error: "bad_signature" };
    expect(await check({ ...vector, body: `${vector.body} ` })).toEqual(bad);
    expect(await check({ ...vector, secret: `${vector.secret}x` })).toEqual(bad);
    expect(await check({ ...vector, headers: {} })).toEqual(bad);
  });

  it("is not believed later than five minutes after its stamp, where it has one", async () => {
    if (vector.now === undefined) return expect((await check({ ...vector, now: 9e14 })).ok).toBe(true);
    expect((await check({ ...vector, now: vector.now + 300_000 })).ok).toBe(true);
    for (const off of [300_001, -300_001]) {
      expect(await check({ ...vector, now: vector.now + off })).toEqual({ ok: false, error: "old_stamp" });
    }
  });
});
