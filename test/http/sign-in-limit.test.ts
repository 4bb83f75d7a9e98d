import { describe, expect, it } from "vitest";
import { ask, ORIGIN, REDIRECT, register, serve } from "./oauth-flow.ts";

/** What wrangler.toml allows in a minute. */
const MOST = 30;

const REGISTER = "/oauth/register";
const metadata = JSON.stringify({ redirect_uris: [REDIRECT], token_endpoint_auth_method: "none" });
const registration = (address: string) =>
  new Request(`${ORIGIN}${REGISTER}`, {
    method: "POST",
    headers: { "content-type": "application/json", "cf-connecting-ip": address },
    body: metadata,
  });

/** Lets `most` calls of each key pass. */
function counter(most: number) {
  const counts = new Map<string, number>();
  return {
    counts,
    limit: async ({ key }: { key: string }) => {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { success: (counts.get(key) ?? 0) <= most };
    },
  };
}

describe("sign-ins that nobody has proved to be anybody", () => {
  it("are refused after so many, with when to come back, and stored no more", async () => {
    const SIGN_INS = counter(2);
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await serve(registration("203.0.113.9"), { SIGN_INS })).status);
    expect(statuses).toEqual([201, 201, 429]);
    const refused = await serve(registration("203.0.113.9"), { SIGN_INS });
    expect(refused.headers.get("retry-after")).toBe("60");
    expect(await refused.json()).toMatchObject({ error: "temporarily_unavailable" });
    expect((await serve(registration("203.0.113.10"), { SIGN_INS })).status).toBe(201);
  });

  it("count the consent pages that they ask for too", async () => {
    const { client_id } = await register();
    const page = await ask(client_id);
    expect(page.status).toBe(200);
    const SIGN_INS = counter(0);
    const again = new Request(`${ORIGIN}/authorize?client_id=${client_id}`, {
      headers: { "cf-connecting-ip": "203.0.113.9" },
    });
    expect((await serve(again, { SIGN_INS })).status).toBe(429);
  });

  it("are counted by network where a client has a whole one", async () => {
    const SIGN_INS = counter(99);
    for (const address of [
      "2001:db8:1:2::1",
      "2001:db8:1:2:ffff::9",
      "2001:db8:1:3::1",
      "::ffff:203.0.113.9",
      "203.0.113.9",
    ]) {
      await serve(registration(address), { SIGN_INS });
    }
    expect([...SIGN_INS.counts.values()]).toEqual([2, 1, 2]);
  });

  it("do not count what writes nothing, nor what this machine does", async () => {
    const SIGN_INS = counter(0);
    for (const path of ["/oauth/token", "/authorize"]) {
      const request = new Request(`${ORIGIN}${path}`, {
        method: "POST",
        headers: { "cf-connecting-ip": "203.0.113.9" },
      });
      expect((await serve(request, { SIGN_INS })).status).not.toBe(429);
    }
    expect((await serve(registration("127.0.0.1"), { SIGN_INS })).status).toBe(201);
    expect(SIGN_INS.counts.size).toBe(0);
  });

  it("meet the limit of wrangler.toml", async () => {
    // Its windows follow the clock, so these may fall into two of them.
    const statuses = new Set<number>();
    for (let i = 0; i < 2 * MOST + 1; i++) statuses.add((await serve(registration("203.0.113.77"))).status);
    expect([...statuses].sort()).toEqual([201, 429]);
  });
});
