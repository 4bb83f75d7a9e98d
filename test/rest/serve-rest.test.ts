import { describe, expect, it } from "vitest";
import { NO_TOKEN } from "../../src/auth/refusal.ts";
import { SCOPES, type Scope } from "../../src/auth/scopes.ts";
import { REFUSAL_CODES } from "../../src/jobs/error-codes.ts";
import { err, ok } from "../../src/lib/result.ts";
import { TOOLS } from "../../src/mcp/tools/index.ts";
import { KeyRevoked } from "../../src/registry/api/keys.ts";
import { STATUS_OF } from "../../src/rest/problem-details.ts";
import { pathArguments, type Route } from "../../src/rest/route.ts";
import { ROUTES } from "../../src/rest/routes/index.ts";
import { atBound } from "../support/boundaries.ts";
import { api, ask, jobIdOf, world } from "./support.ts";

/** The route's path, with something in the place of each argument. */
const examplePath = (route: Route): string =>
  pathArguments(route).reduce((path, name) => path.replace(`{${name}}`, "x"), route.path);

describe("the table of routes", () => {
  it("has a route of the same scope and arguments for every tool", () => {
    const byName = new Map(ROUTES.map((route) => [route.operation, route]));
    const missing = TOOLS.filter(({ name }) => !byName.has(name)).map(({ name }) => name);
    expect(missing).toEqual([]);
    for (const tool of TOOLS) {
      const route = byName.get(tool.name);
      const json = tool.inputSchema["~standard"].jsonSchema.input({ target: "draft-2020-12" }) as {
        properties: object;
      };
      // Replies of tools have a bound, so that a long blueprint comes in parts there.
      const names = Object.keys(json.properties).filter((name) => tool.name !== "blueprints_get" || name !== "offset");
      expect({ scope: route?.scope, names: Object.keys(route?.inputJson().properties ?? {}) }).toEqual({
        scope: tool.scope,
        names,
      });
    }
  });

  it("has each operation, and each method of a path, once", () => {
    expect(new Set(ROUTES.map(({ operation }) => operation)).size).toBe(ROUTES.length);
    expect(new Set(ROUTES.map(({ method, path }) => `${method} ${path}`)).size).toBe(ROUTES.length);
  });

  it("has a status for every refusal, and names in each route only those that it can meet", () => {
    expect(Object.keys(STATUS_OF).sort()).toEqual(Object.keys(REFUSAL_CODES).sort());
    for (const { operation, refusals } of ROUTES) expect(new Set(refusals).size, operation).toBe(refusals.length);
  });
});

describe("whoever calls", () => {
  it.each(ROUTES.map((route): [string, Route] => [`${route.method} ${route.path}`, route]))(
    "needs the scope of %s, and is told which",
    async (_name, route) => {
      const held = SCOPES.filter((scope) => scope !== route.scope);
      const { status, headers, body } = await api(world({ scopes: held }), route.method, examplePath(route));
      expect({ status, code: body.code }).toEqual({ status: 403, code: "insufficient_scope" });
      expect(headers.get("www-authenticate")).toContain(route.scope);
      const only: readonly Scope[] = [route.scope, ...(route.alsoNeeds ?? [])];
      const served = await ask(world({ scopes: only }), route.method, examplePath(route));
      expect(served.status).not.toBe(403);
      // A stream has no end.
      await served.body?.cancel();
    },
  );

  const WITH_MORE = ROUTES.flatMap((route) =>
    (route.alsoNeeds ?? []).map((scope): [string, Scope, Route] => [route.operation, scope, route]),
  );
  it.each(WITH_MORE)("of %s needs %s besides", async (_name, scope, route) => {
    const held = SCOPES.filter((each) => each !== scope);
    const { status, headers } = await api(world({ scopes: held }), route.method, examplePath(route));
    expect(status).toBe(403);
    expect(headers.get("www-authenticate")).toContain(scope);
  });

  it("without a key is told so as a problem, with the challenge", async () => {
    const w = world({ rest: { principal: async () => err(NO_TOKEN) } });
    const { status, headers, body } = await api(w, "GET", "/jobs");
    expect(status).toBe(401);
    expect(body).toMatchObject({
      code: "unauthorized",
      title: "Unauthorized",
      detail: expect.stringContaining("Bearer"),
    });
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(headers.get("www-authenticate")).toContain("Bearer");
  });

  it("with a revoked key is told so whatever it asks, also where the registry is asked nothing else", async () => {
    const { mcp } = world();
    const revoked = async () => {
      throw new KeyRevoked();
    };
    const principal = { tenant: "local", key_id: "key_0123456789abcdef01234567", scopes: SCOPES };
    const w = world({ rest: { principal: async () => ok(principal), service: () => ({ ...mcp, ask: revoked }) } });
    for (const path of ["/jobs", `/jobs/${jobIdOf(1)}`, "/jobs/no-id", "/jobs?limit=0"]) {
      expect(await api(w, "GET", path)).toMatchObject({ status: 401, body: { code: "invalid_token" } });
    }
  });

  it("learns of a crash nothing but a reference", async () => {
    const w = world();
    w.registry.broken.list = new Error("SELECT secret FROM inside");
    const { status, body } = await api(w, "GET", "/jobs");
    expect(status).toBe(500);
    expect(body).toMatchObject({ code: "internal_error", detail: expect.stringContaining("ref-1") });
    expect(JSON.stringify(body)).not.toContain("inside");
    expect(w.called).toEqual([expect.objectContaining({ outcome: "crash" })]);
  });
});

describe("a page in a browser", () => {
  it("of a host that is allowed may call, and read what it must", async () => {
    const headers = { origin: "http://localhost:5173" };
    const { headers: got } = await api(world(), "GET", "/jobs", { headers });
    expect(got.get("access-control-allow-origin")).toBe("http://localhost:5173");
    expect(got.get("access-control-expose-headers")).toContain("Retry-After");
    const preflight = await ask(world(), "OPTIONS", "/jobs", {
      headers: { ...headers, "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("Idempotency-Key");
  });

  it.each(["https://evil.example", "null", "http://localhost.evil.example"])(
    "of %s may not, whatever it sends",
    async (origin) => {
      const w = world();
      for (const method of ["GET", "POST", "OPTIONS"]) {
        const { status, headers } = await api(w, method, "/jobs", { headers: { origin } });
        expect([status, headers.get("access-control-allow-origin")]).toEqual([403, null]);
      }
      expect(w.called).toEqual([]);
    },
  );
});

describe("a request", () => {
  it.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])(
    "whose body is called %s is refused: a page of another site could send it",
    async (type) => {
      const answer = await api(world(), "POST", "/jobs", { text: "{}", headers: { "content-type": type } });
      expect(answer).toMatchObject({ status: 415, body: { code: "unsupported_media_type" } });
    },
  );

  it.each([
    ["{", 400, "invalid_json"],
    ["[]", 422, "invalid_arguments"],
    ["null", 422, "invalid_arguments"],
    ["1e999", 422, "invalid_arguments"],
    ['{"blueprint":"double","input":{"n":1e999}}', 422, "invalid_arguments"],
    ['{"__proto__":{"blueprint":"double"}}', 422, "invalid_arguments"],
  ])("whose body is %s is refused", async (text, status, code) => {
    expect(await api(world(), "POST", "/jobs", { text })).toMatchObject({ status, body: { code } });
  });

  it("that asks in the query of a POST is told so", async () => {
    const answer = await api(world(), "POST", "/jobs?dry_run=true", { body: { blueprint: "double", input: { n: 1 } } });
    expect(answer).toMatchObject({ status: 422, body: { faults: [{ path: "dry_run" }] } });
  });

  it("of nothing that is there is answered 404, and of another method 405 with those that there are", async () => {
    for (const path of ["", "/", "/none", "/jobs/", "/jobs/x/none"]) {
      expect(await api(world(), "GET", path)).toMatchObject({ status: 404, body: { code: "not_found" } });
    }
    const { status, headers, body } = await api(world(), "PATCH", "/jobs");
    expect({ status, code: body.code, allow: headers.get("allow") }).toEqual({
      status: 405,
      code: "method_not_allowed",
      allow: "POST, GET, HEAD",
    });
    const document = await api(world(), "POST", "/openapi.json", {});
    expect([document.status, document.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});

atBound("MAX_BATCH_BODY_BYTES", {
  of: "a body of REST with inputs",
  refusal: /"code":"too_large"/,
  attempt: async (bytes) => {
    const text = `{"inputs":[],"blueprint":"x"}`.padEnd(bytes);
    const { status, body } = await api(world(), "POST", "/jobs", { text });
    return status === 413 ? JSON.stringify(body) : undefined;
  },
});

atBound("MAX_BODY_BYTES", {
  of: "a body of REST",
  refusal: /"code":"too_large"/,
  attempt: async (bytes) => {
    const text = `{"blueprint":"${"x".repeat(bytes - 16)}"}`;
    const { status, body } = await api(world(), "POST", "/jobs", { text });
    return status === 413 ? JSON.stringify(body) : undefined;
  },
});
