import { expect, it } from "vitest";
import { FUZZ_VARS, fuzz } from "../../tooling/fuzz/run.ts";
import { exchange } from "../../tooling/fuzz/socket.ts";
import { keyOf, newSecret } from "../../tooling/fuzz/tenants.ts";
import { useServer } from "../support/server.ts";
import { setting } from "../support/setting.ts";

const SECRET = newSecret();
const SEED = setting("SEED");
const REQUESTS = setting("FUZZ_REQUESTS");
const server = useServer({ AUTH_SECRET: SECRET, ...FUZZ_VARS });

it(`answers ${REQUESTS} malformed requests of seed ${SEED} without error of its own, hang or side effect`, async () => {
  const { requests, statuses, findings } = await fuzz(server(), SECRET, SEED, REQUESTS);
  expect(findings).toEqual([]);
  expect(requests).toBe(REQUESTS);
  // Requests that are wrong in another way each: many get as far as the protocol, and some as far as a tool.
  const called = [
    ...server()
      .log()
      .matchAll(/"event":"mcp_call","name":"(\w+)"/g),
  ].map(([, name]) => name);
  expect(new Set(called).size).toBeGreaterThanOrEqual(Math.min(10, REQUESTS / 100));
  if (REQUESTS < 1_000) return;
  expect(Object.keys(statuses)).toEqual(
    expect.arrayContaining(["200", "400", "401", "403", "404", "405", "406", "415"]),
  );
});

/** What fetch and its like do not send, and the server once answered with 500. */
it.each([
  "/authorize",
  "/oauth/token",
  "/oauth/register",
  "/.well-known/oauth-authorization-server",
  "/mcp",
  "/keys",
  "/",
])("takes a GET of %s with a body for one without", async (path) => {
  const url = new URL(server().url);
  const get = (more: string) =>
    exchange(
      url,
      Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n${more}`),
      false,
      5_000,
    );
  const [plain, odd] = [await get("\r\n"), await get("Content-Length: 2\r\n\r\n{}")];
  expect(odd.status).toBe(plain.status);
  expect(odd.status).toBeLessThan(500);
});

it.each(["/oauth/token", "/oauth/register", "/keys/revoke", "/mcp", "/api/v1/jobs", "/hooks/some-token"])(
  "takes a body of %s whose chunks are malformed for the caller's fault",
  async (path) => {
    const url = new URL(server().url);
    const head = [
      `POST ${path} HTTP/1.1`,
      `Host: ${url.host}`,
      "Connection: close",
      `Authorization: Bearer ${await keyOf("fuzzed", SECRET)}`,
      "Content-Type: application/json",
      "Transfer-Encoding: chunked",
    ];
    const { status, text } = await exchange(
      url,
      Buffer.from(`${head.join("\r\n")}\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`),
      false,
      5_000,
    );
    expect([status, text]).toEqual([400, expect.stringContaining("incomplete_body")]);
    expect(server().log()).not.toContain('"event":"crash"');
  },
);
