import { afterEach, describe, expect, it, vi } from "vitest";
import { callbackFault, callbackPost } from "../../src/egress/callbacks.ts";
import { HOME } from "../support/home-deployment.ts";
import { hostileUrls, LEGITIMATE_URLS } from "../support/hostile-urls.ts";

const ALLOWED = "http://127.0.0.1:9099";
const isHttps = (target: string): boolean => target.startsWith("https:");
/** As callbacks must be, so that the address alone is what refuses them. */
const HOSTILE = hostileUrls(9_099).map((target) => target.replace(/^http:/, "https:"));

afterEach(() => vi.restoreAllMocks());

describe("a callback", () => {
  it("that is no public https URL is refused when it is subscribed, and public ones are not", () => {
    expect(HOSTILE.filter((target) => callbackFault(target, []) === undefined)).toEqual([]);
    const plain = LEGITIMATE_URLS.filter((target) => isHttps(target) && /^[!-"$-~]+$/.test(target));
    expect(plain.length).toBeGreaterThan(20);
    expect(plain.filter((target) => callbackFault(target, []) !== undefined)).toEqual([]);
  });

  it.each([
    "http://hooks.example/",
    "https://u:p@hooks.example/",
    "https://hooks.example/#x",
    "https://h\u00e4.example/",
    "ftp://x/",
  ])("cannot be %s", (target) => expect(callbackFault(target, [])).toBeTypeOf("string"));

  it("is looked at again at each delivery, so that nothing goes where it must not", async () => {
    const asked = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("reached"));
    for (const target of HOSTILE) {
      expect(await callbackPost([], HOME, Date.now)(target, {}, "{}"), target).toEqual({ error: "connection_refused" });
    }
    // Allowed when it was subscribed, and no longer.
    expect(callbackFault(`${ALLOWED}/cb`, [ALLOWED])).toBe(undefined);
    for (const target of [`${ALLOWED}/cb`, "http://hooks.example/"]) {
      expect(await callbackPost([], HOME, Date.now)(target, {}, "{}")).toEqual({ error: "connection_refused" });
    }
    expect(asked).not.toHaveBeenCalled();
  });

  it("that sends the delivery on has not taken it, and what it points to is not asked", async () => {
    const asked = vi
      .spyOn(globalThis, "fetch")
      .mockImplementation(async () => new Response(null, { status: 307, headers: { location: "https://b.example/" } }));
    const posted = await callbackPost([], HOME, Date.now)("https://a.example/", {}, "{}");
    expect(posted).toMatchObject({ status: 307 });
    expect(asked).toHaveBeenCalledTimes(1);
  });
});
