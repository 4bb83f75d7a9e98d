import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/lib/json.ts";
import { type AnyClient, callTool, connectAuto, untilSettled } from "../../support/clients.ts";
import { ownTenant } from "../../support/server.ts";

const PAGES = 30;
const SIGNING_KEY = "a-key-of-both-sides";

/** Pages by Link, and a hook that takes signed requests alone. */
function api() {
  const seen: string[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    seen.push(`${request.method} ${request.url}`);
    if (url.pathname === "/hook") {
      const body = await text(request);
      const time = String(request.headers["x-time"]);
      const signature = createHmac("sha256", SIGNING_KEY).update(`${time}.${body}`).digest("hex");
      const isRight =
        request.headers["x-signature"] === `v1=${signature}` && Math.abs(Date.now() / 1_000 - Number(time)) < 60;
      response
        .writeHead(isRight ? 200 : 401, { "content-type": "application/json" })
        .end(JSON.stringify({ got: body }));
      return;
    }
    const page = Number(url.searchParams.get("page") ?? 1);
    const link = page < PAGES ? { link: `</items?page=${page + 1}>; rel="next"` } : {};
    response.writeHead(200, { "content-type": "application/json", ...link }).end(JSON.stringify([page]));
  });
  return { server, seen };
}

let service: Server;
let seen: string[];
let host: string;
let client: AnyClient;

beforeAll(async () => {
  ({ server: service, seen } = api());
  service.listen(0, "127.0.0.1");
  await new Promise((resolve) => service.once("listening", resolve));
  host = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const { endpoint, key } = await ownTenant();
  client = await connectAuto(endpoint, key);
});

afterAll(async () => {
  await client?.close();
  service?.close();
});

async function resultOf(args: JsonObject): Promise<Json> {
  const submitted = await callTool(client, "jobs_submit_blueprint", args);
  if (submitted.isError) throw new Error(submitted.text);
  const job = await untilSettled(client, String(submitted.structured.id));
  return job.error === null ? (job.result as Json) : { error: job.error as string };
}

it("a real service takes a request that is signed with the time of its try", async () => {
  const auth = {
    hmac: { secret: SIGNING_KEY, header: "x-signature", prefix: "v1=", over: "{% $timestamp %}.{% $body %}" },
  };
  const hook = { id: "hook", type: "http", method: "POST", url: `${host}/hook`, body: { a: "ü", n: [1, 2] }, auth };
  const steps = [{ ...hook, headers: { "x-time": "{% $string($timestamp) %}" } }];
  const result = await resultOf({ blueprint: { name: "signed", steps, output: "{% $steps.hook.body.got %}" } });
  expect(result).toEqual({ value: '{"a":"ü","n":[1,2]}' });
}, 60_000);

it("all pages of a real service are read, each once, by a blueprint of the catalogue", async () => {
  seen.length = 0;
  const result = await resultOf({ blueprint: "paged-fetch", input: { url: `${host}/items`, limit: 100 } });
  expect(result).toEqual({ items: Array.from({ length: PAGES }, (_, i) => i + 1), pages: PAGES, complete: true });
  expect(new Set(seen).size).toBe(PAGES);
  expect(seen).toHaveLength(PAGES);
}, 60_000);

it("an answer that leads to another host is followed nowhere", async () => {
  const pages = { items: "{% $response.body %}", next: "http://localhost:1/" };
  const steps = [{ id: "all", type: "http", url: `${host}/items`, pages }];
  expect(await resultOf({ blueprint: { name: "astray", steps } })).toEqual({
    error: expect.stringContaining("leads away"),
  });
}, 60_000);
