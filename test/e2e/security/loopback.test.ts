import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { networkInterfaces, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type DevServer, startDevServer } from "../../../tooling/servers/dev-server.ts";

/** A server without AUTH_SECRET belongs to whoever is on its machine, and to nobody else. */

const DEV = join(import.meta.dirname, "../../../scripts/dev.ts");
const run = promisify(execFile);

/** Addresses of this machine that are no loopback ones: a connection to them comes from them. */
const OWN = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ internal, family }) => !internal && family === "IPv4")
  .map(({ address }) => address);

describe("a server without AUTH_SECRET that listens on every address", () => {
  let server: DevServer;
  beforeAll(async () => {
    server = await startDevServer({ ip: "0.0.0.0" });
  });
  afterAll(() => server?.stop());

  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} });
  const json = { "content-type": "application/json", accept: "application/json, text/event-stream" };

  const post = (address: string, headers: { [name: string]: string }, path = "/mcp") =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const { port } = new URL(server.url);
      const options = { hostname: address, port, path, method: "POST", headers: { ...json, ...headers } };
      const request = httpRequest(options, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      });
      request.on("error", reject).end(body);
    });

  it("serves who is on this machine and says so", async () => {
    const { port } = new URL(server.url);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect((await post("127.0.0.1", { host })).status, host).toBe(200);
    }
    expect((await post("127.0.0.2", { host: `localhost:${port}` })).status).toBe(200);
  });

  it("serves nobody of another address, whatever Host it sends", async () => {
    const { port } = new URL(server.url);
    expect(OWN.length, "this test needs a network interface").toBeGreaterThan(0);
    for (const address of OWN) {
      for (const host of [
        "localhost",
        `localhost:${port}`,
        `127.0.0.1:${port}`,
        `[::1]:${port}`,
        `${address}:${port}`,
      ]) {
        const { status, text } = await post(address, { host });
        expect([host, status, JSON.parse(text).error]).toEqual([host, 503, "auth_not_configured"]);
      }
      expect((await post(address, { host: "localhost" }, "/keys/revoke")).status).toBe(503);
    }
  });

  it.each(["203.0.113.9", "10.0.0.7", "2001:db8::1", "::ffff:203.0.113.9", "127.0.0.1, 203.0.113.9", "localhost", "0"])(
    "takes a client that a proxy of this machine calls %s for what the proxy says",
    async (address) => {
      expect((await post("127.0.0.1", { host: "localhost", "cf-connecting-ip": address })).status).toBe(503);
    },
  );
});

describe("npm run dev", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "edge-jobs-dev-"));
    // In wrangler's place: it says what it was started with.
    const says = '#!/bin/sh\necho "$@"\necho "$X_LOCAL_OBSERVABILITY" > "$0.observability"\n';
    await writeFile(join(folder, "wrangler"), says, { mode: 0o755 });
  });
  afterAll(() => rm(folder, { recursive: true }));

  const dev = async (...flags: string[]) => {
    const { AUTH_SECRET: _, ...env } = process.env;
    const PATH = folder + delimiter + env.PATH;
    return run(process.execPath, [DEV, ...flags], { cwd: folder, env: { ...env, PATH } }).then(
      ({ stdout }) => stdout.trim(),
      ({ code, stderr }) => `${code} ${stderr}`,
    );
  };

  it.each([
    ...["0.0.0.0", "::", "*", "192.0.2.7", "0", "example.com"].map((ip) => ["--ip", ip]),
    ["--ip=0.0.0.0"],
    ["--ip", "127.0.0.1", "--ip", "0.0.0.0"],
    ["--tunnel"],
    ["--ip", "0.0.0.0", "--var", "AUTH_SECRET:"],
    ["--port", "1", "--ip", "0.0.0.0", "--var", "HTTP_ALLOW:x"],
  ])("lets no server without AUTH_SECRET listen outside of loopback: %s %s %s %s", async (...flags) => {
    expect(await dev(...flags)).toMatch(/^1 .*AUTH_SECRET/s);
  });

  it("keeps no record of each call, which would keep the server from reading requests, unless it is told to", async () => {
    const told = async () => (await readFile(join(folder, "wrangler.observability"), "utf8")).trim();
    await dev();
    expect(await told()).toBe("false");
    vi.stubEnv("X_LOCAL_OBSERVABILITY", "true");
    await dev();
    vi.unstubAllEnvs();
    expect(await told()).toBe("true");
  });

  it("starts on loopback, and with AUTH_SECRET anywhere", async () => {
    const secret = "s".repeat(32);
    expect(await dev()).toBe("dev");
    expect(await dev("--ip", "127.0.0.1", "--port", "8788")).toBe("dev --ip 127.0.0.1 --port 8788");
    expect(await dev("--ip", "::1")).toBe("dev --ip ::1");
    expect(await dev("--ip", "0.0.0.0", "--var", `AUTH_SECRET:${secret}`)).toMatch(/^dev --ip 0.0.0.0/);
    await writeFile(join(folder, ".dev.vars"), `AUTH_SECRET="${secret}"\n`);
    expect(await dev("--ip", "0.0.0.0")).toBe("dev --ip 0.0.0.0");
  });
});
