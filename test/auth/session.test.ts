import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { authenticateViewer, closeSession, openSession } from "../../src/auth/session.ts";
import type { Env } from "../../src/env.ts";
import { SESSION_MS } from "../../src/limits.ts";
import { aKey, claims, NOW, SECRET } from "./keys.ts";

const ROTATED = "the secret that comes after it, 32 characters or more";
const PAGE = "https://jobs.example.com/ui/";
const URL_OF_API = "https://jobs.example.com/api/v1/jobs";
const LONG = { expires_at: NOW + 10 * SESSION_MS };

const opened = (over = LONG, secret = SECRET): Promise<string> =>
  openSession(claims(over), { current: secret }, new URL(PAGE), NOW);

const nameAndValue = (cookie: string): string => cookie.split(";")[0] ?? "";

const viewer = (cookie: string, init: RequestInit = {}, now = NOW, over: Partial<Env> = {}) => {
  const request = new Request(URL_OF_API, { ...init, headers: { cookie, ...init.headers } });
  return authenticateViewer(
    request,
    new URL(URL_OF_API),
    { ...(env as unknown as Env), AUTH_SECRET: SECRET, ...over },
    now,
  );
};

const codeOf = async (found: ReturnType<typeof viewer>): Promise<string> => {
  const principal = await found;
  return principal.ok ? `served ${principal.value.tenant}` : principal.error.code;
};

const SERVED = "served acme";

describe("a session of the dashboard", () => {
  it("is a cookie that no script, no other site and no other host of the domain gets", async () => {
    const [pair, ...attributes] = (await opened()).split("; ");
    expect(pair).toMatch(/^__Host-edge_jobs_session=/);
    expect(attributes.sort()).toEqual(["HttpOnly", "Max-Age=28800", "Path=/", "SameSite=Strict", "Secure"]);
    expect(closeSession(new URL(PAGE))).toContain("Max-Age=0");
    const local = await openSession(claims(LONG), { current: SECRET }, new URL("http://localhost:8787/ui/"), NOW);
    expect(local).toMatch(/^edge_jobs_session=/);
    expect(local).not.toContain("Secure");
  });

  it("is whoever signed in, with what the key may, until eight hours are over or the key is", async () => {
    const cookie = nameAndValue(await opened());
    const { tenant, key_id, scopes } = claims();
    expect(await viewer(cookie)).toEqual({ ok: true, value: { tenant, key_id, scopes } });
    expect(await codeOf(viewer(cookie, {}, NOW + SESSION_MS - 1))).toBe(SERVED);
    expect(await codeOf(viewer(cookie, {}, NOW + SESSION_MS))).toBe("invalid_token");
    const short = nameAndValue(await opened({ expires_at: NOW + 1_000 }));
    expect(await codeOf(viewer(short, {}, NOW + 1_000))).toBe("invalid_token");
  });

  it("writes only from a page of this server, and reads from nowhere else either, since no site sends it", async () => {
    const cookie = nameAndValue(await opened());
    const post = (origin?: string, over: Partial<Env> = {}) =>
      codeOf(viewer(cookie, { method: "POST", ...(origin && { headers: { origin } }) }, NOW, over));
    expect(await post("https://jobs.example.com")).toBe(SERVED);
    for (const origin of [undefined, "https://evil.example", "null", "https://jobs.example.com.evil.example"]) {
      expect(await post(origin)).toBe("foreign_page");
    }
    const over = { PUBLIC_URL: "https://jobs.acme.example" };
    expect(await post("https://jobs.acme.example", over)).toBe(SERVED);
  });

  it("that was altered, made by another secret, or is an API key, is none", async () => {
    const cookie = nameAndValue(await opened());
    const altered = cookie.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
    const forged = nameAndValue(await opened(LONG, ROTATED));
    const key = `__Host-edge_jobs_session=${await aKey(LONG)}`;
    for (const bad of [altered, forged, key, "__Host-edge_jobs_session="]) {
      expect(await codeOf(viewer(bad))).toMatch(/invalid_token|unauthorized/);
    }
    expect(await codeOf(viewer(nameAndValue(await opened()).replace("__Host-", "")))).toBe("unauthorized");
  });

  it("lives on while its secret is being changed, and is no API key", async () => {
    const cookie = nameAndValue(await opened());
    const rotating = { AUTH_SECRET: ROTATED, AUTH_SECRET_PREVIOUS: SECRET };
    expect(await codeOf(viewer(cookie, {}, NOW, rotating))).toBe(SERVED);
    const token = cookie.split("=")[1] ?? "";
    expect(await codeOf(viewer("", { headers: { authorization: `Bearer ${token}` } }))).toBe("invalid_token");
  });
});
