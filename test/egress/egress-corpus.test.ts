import { afterEach, describe, expect, it, vi } from "vitest";
import { egress, RefusedAddress, refusal } from "../../src/egress/egress.ts";
import { Secrets } from "../../src/egress/secrets.ts";
import { HOME } from "../support/home-deployment.ts";
import { hostileUrls, LEGITIMATE_URLS } from "../support/hostile-urls.ts";

/** Some spellings are no URL at all: nothing is asked for them either. */
const reached = (target: string): boolean => URL.canParse(target) && refusal(new URL(target), []) === undefined;

const HOSTILE = hostileUrls(9_099);

describe("the corpus of hostile URLs", () => {
  it("has 200 that are URLs", () => {
    expect(new Set(HOSTILE.filter((target) => URL.canParse(target))).size).toBeGreaterThanOrEqual(200);
  });

  it("is refused as a whole", () => {
    expect(HOSTILE.filter(reached)).toEqual([]);
  });

  it("is refused as a whole when another private host is allowed", () => {
    const allow = ["10.9.8.7:9099", "files.internal", ""];
    const passed = HOSTILE.filter((target) => URL.canParse(target) && refusal(new URL(target), allow) === undefined);
    expect(passed).toEqual([]);
  });
});

describe("legitimate URLs", () => {
  it("pass, 30 of them", () => {
    expect(LEGITIMATE_URLS.length).toBeGreaterThanOrEqual(30);
    expect(LEGITIMATE_URLS.filter((target) => !reached(target))).toEqual([]);
  });
});

describe("redirects to hostile URLs", () => {
  afterEach(() => vi.restoreAllMocks());

  /** The platform's fetch: each public host sends the caller on to the next place. */
  function chain(...places: string[]): string[] {
    const requested: string[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input) => {
      requested.push(String(input));
      const location = places[requested.length - 1];
      return location === undefined
        ? new Response("reached")
        : new Response(null, { status: 307, headers: { location } });
    });
    return requested;
  }

  it("are never followed, after one hop or after three", async () => {
    // fetch is given what a server sends in a header: what a header cannot hold never gets that far.
    const targets = HOSTILE.filter(
      (target) => URL.canParse(target) && /^[!-~]+$/.test(target) && target.includes("//"),
    );
    expect(targets.length).toBeGreaterThan(200);
    for (const target of targets) {
      for (const before of [[], ["https://b.example/2", "/3"]]) {
        const requested = chain(...before, target);
        await expect(egress({ allow: [], home: HOME })("https://a.example/1"), target).rejects.toThrow(RefusedAddress);
        expect(requested).toHaveLength(before.length + 1);
        vi.restoreAllMocks();
      }
    }
  });
});

describe("a redirect to another origin", () => {
  afterEach(() => vi.restoreAllMocks());

  it("carries no header that lets somebody in, by its name or by a secret in it", async () => {
    const sent: Headers[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (_, init) => {
      sent.push(new Headers(init?.headers));
      return sent.length > 1
        ? new Response("end")
        : new Response(null, { status: 307, headers: { location: "https://b.example/" } });
    });
    const credentials = [
      "Authorization",
      "Cookie",
      "Proxy-Authorization",
      "X-Api-Key",
      "Private-Token",
      "X-Amz-Signature",
      "Idempotency-Key",
    ];
    const secrets = new Secrets([{ name: "A", value: "s3cr3t-value", hosts: ["*"] }]);
    const headers = new Headers([
      ...credentials.map((name): [string, string] => [name, "x"]),
      ["x-plain", "of s3cr3t-value"],
      ["accept", "*/*"],
    ]);
    await egress({ allow: [], secrets, home: HOME })("https://a.example/", {
      headers,
    });
    expect([...(sent[0]?.keys() ?? [])]).toHaveLength(credentials.length + 4);
    expect([...(sent[1]?.keys() ?? [])]).toEqual(["accept", "edge-jobs-nonce", "edge-jobs-sender"]);
  });
});
