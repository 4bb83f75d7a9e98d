import { createHmac } from "node:crypto";
import type { Verify } from "../../../src/triggers/trigger-document.ts";

/** Deliveries that are signed as their senders sign them. */
export interface Vector {
  /** Where the sender publishes it; undefined: it publishes none, and Node signs here by what it says of the form. */
  published?: string;
  verify: Verify;
  secret: string;
  headers: Record<string, string>;
  body: string;
  /** Epoch ms at which it came. */
  now?: number;
  id: string | null;
}

const hmac = (algorithm: string, secret: string, text: string, as: "hex" | "base64" = "hex") =>
  createHmac(algorithm, secret).update(text).digest(as);

const scheme = (name: Verify["scheme"], over: Partial<Verify> = {}): Verify => ({ scheme: name, secret: "S", ...over });

const SLACK_BODY =
  "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
const STRIPE_BODY = `{
  "id": "evt_123",
  "object": "event",
  "account": "acct_123",
  "api_version": "2017-05-25",
  "created": 1533204620,
  "data": {
    "object": {
      "id": "cus_123",
      "object": "customer",
      "created": 123456789,
      "email": "test@stripe.com",
      "livemode": false,
      "metadata": {}
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_123",
    "idempotency_key": "idempotency-key-123"
  },
  "type": "customer.created"
}
`;
const STRIPE_V1 = "2220f87ef101a04665f11cdf770523143f875572008577fa0f20882ddb9cc3c7";
const GOCARDLESS_BODY =
  '{"events":[{"id":"EV00BD05S5VM2T","created_at":"2018-07-05T09:13:51.404Z","resource_type":"subscriptions","action":"created","links":{"subscription":"SB0003JJQ2MR06"},"details":{"origin":"api","cause":"subscription_created","description":"Subscription created via the API."},"metadata":{}},{"id":"EV00BD05TB8K63","created_at":"2018-07-05T09:13:56.893Z","resource_type":"mandates","action":"created","links":{"mandate":"MD000AMA19XGEC"},"details":{"origin":"api","cause":"mandate_created","description":"Mandate created via the API."},"metadata":{}}]}';
const COINBASE_BODY =
  '{"id":1,"scheduled_for":"2017-01-31T20:50:02Z","attempt_number":1,"event":{"id":"24934862-d980-46cb-9402-43c81b0cdba6","type":"charge:created","api_version":"2018-03-22","created_at":"2017-01-31T20:49:02Z","data":{"code":"66BEOV2A","name":"The Sovereign Individual","description":"Mastering the Transition to the Information Age","hosted_url":"https://commerce.coinbase.com/charges/66BEOV2A","created_at":"2017-01-31T20:49:02Z","expires_at":"2017-01-31T21:04:02Z","timeline":[{"time":"2017-01-31T20:49:02Z","status":"NEW"}],"metadata":{},"pricing_type":"no_price","payments":[],"addresses":{"bitcoin":"0000000000000000000000000000000000","ethereum":"0x0000000000000000000000000000000000000000","litecoin":"3000000000000000000000000000000000","bitcoincash":"bitcoincash:000000000000000000000000000000000000000000"}}}}';
const ONFIDO_BODY =
  '{"payload":{"resource_type":"check","action":"check.completed","object":{"id":"check-123","status":"complete","completed_at_iso8601":"2020-01-01T00:00:00Z","href":"https://api.onfido.com/v3/checks/check-123"}}}';
const LINEAR_BODY = '{"action":"create","webhookTimestamp":1676056940508}';

export const VECTORS: Record<string, Vector> = {
  GitHub: {
    published: "docs.github.com, Validating webhook deliveries",
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
    published: "docs.slack.dev, Verifying requests from Slack",
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
    published: "standard-webhooks/standard-webhooks, tests of its libraries",
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
    published: "docs.svix.com, Verifying webhooks manually",
    verify: scheme("standard"),
    secret: "whsec_plJ3nmyCDGBKInavdOK15jsl",
    headers: {
      "svix-id": "msg_loFOjxBNrRLzqYUf",
      "svix-timestamp": "1731705121",
      "svix-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
    },
    body: '{"event_type":"ping","data":{"success":true}}',
    now: 1_731_705_121_000,
    id: "msg_loFOjxBNrRLzqYUf",
  },
  Stripe: {
    published: "stripe/stripe-dotnet, EventUtilityTest.cs",
    verify: scheme("stripe"),
    secret: "webhook_secret",
    headers: { "stripe-signature": `t=1533204620,v1=${"0".repeat(64)},v1=${STRIPE_V1},v0=63f3a723` },
    body: STRIPE_BODY,
    now: 1_533_204_620_000,
    id: "evt_123",
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
    published: "support.atlassian.com, Manage webhooks",
    verify: scheme("hmac", { header: "X-Hub-Signature", prefix: "sha256=" }),
    secret: "It's a Secret to Everybody",
    headers: { "x-hub-signature": "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9" },
    body: "Hello World!",
    id: null,
  },
  LINE: {
    published: "developers.line.biz, Verify webhook signature",
    verify: scheme("hmac", { header: "x-line-signature", encoding: "base64" }),
    secret: "8c570fa6dd201bb328f1c1eac23a96d8",
    headers: { "x-line-signature": "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=" },
    body: '{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}',
    id: null,
  },
  CircleCI: {
    published: "circleci.com/docs, Webhooks: validate webhooks",
    verify: scheme("hmac", { header: "circleci-signature", prefix: "v1=" }),
    secret: "hunter123",
    // It may say several, each under its version.
    headers: {
      "circleci-signature": "v2=0,v1=9be2242094a9a8c00c64306f382a7f9d691de910b4a266f67bd314ef18ac49fa",
    },
    body: "an-important-request-payload",
    id: null,
  },
  GoCardless: {
    published: "gocardless/gocardless-pro-python and its sisters, tests of webhooks",
    verify: scheme("hmac", { header: "Webhook-Signature" }),
    secret: "ED7D658C-D8EB-4941-948B-3973214F2D49",
    headers: { "webhook-signature": "2693754819d3e32d7e8fcb13c729631f316c6de8dc1cf634d6527f1c07276e7e" },
    body: GOCARDLESS_BODY,
    id: null,
  },
  Razorpay: {
    published: "razorpay/razorpay-node, tests of validateWebhookSignature",
    verify: scheme("hmac", { header: "X-Razorpay-Signature" }),
    secret: "123456",
    headers: { "x-razorpay-signature": "2fe04e22977002e6c7cb553adab8b460cb9e2a4970d5953cb27a8472752e3bbc" },
    body: '{"a":1,"b":2,"c":{"d":3}}',
    id: null,
  },
  "Coinbase Commerce": {
    published: "coinbase/coinbase-commerce-node, tests of webhooks",
    verify: scheme("hmac", { header: "X-CC-Webhook-Signature" }),
    secret: "30291a20-0bd1-4267-9b0f-e6e7b123c0bf",
    headers: { "x-cc-webhook-signature": "8be7742c7d372f08a6a3224edadf18a22b65fa9e28f3f2de97376cdaa092590d" },
    body: COINBASE_BODY,
    id: null,
  },
  Onfido: {
    published: "onfido/onfido-python and its sisters, tests of webhooks",
    verify: scheme("hmac", { header: "X-SHA2-Signature" }),
    secret: "_ABC123abc123ABC123abc123ABC123_",
    headers: { "x-sha2-signature": "a0082d7481f9f0a2907583dbe1f344d6d4c0d9989df2fd804f98479f60cd760e" },
    body: ONFIDO_BODY,
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
