import { describe, expect, it } from "vitest";
import { challengeError, verdictOf } from "../../src/events/delivery.ts";
import { MAX_DELIVERY_WAIT_MS } from "../../src/limits.ts";

const answer = (status: number, retry_after_ms: number | null = null, body = "") => ({ status, retry_after_ms, body });

describe("what follows from a callback's answer", () => {
  it.each([
    [answer(200), { is: "delivered" }],
    [answer(204), { is: "delivered" }],
    [answer(302), { is: "retry", error: "http_4xx", delayMs: 1_500 }],
    [answer(400), { is: "retry", error: "http_4xx", delayMs: 1_500 }],
    [answer(410), { is: "given_up", error: "http_4xx" }],
    [answer(413), { is: "given_up", error: "http_4xx" }],
    [answer(429, 20_000), { is: "retry", error: "http_4xx", delayMs: 20_000 }],
    [answer(503, 1), { is: "retry", error: "http_5xx", delayMs: 1_500 }],
    [answer(503, 10 * MAX_DELIVERY_WAIT_MS), { is: "retry", error: "http_5xx", delayMs: MAX_DELIVERY_WAIT_MS }],
    [{ error: "timeout" } as const, { is: "retry", error: "timeout", delayMs: 1_500 }],
  ])("%j: %j", (outcome, verdict) => {
    expect(verdictOf(outcome, 0)).toEqual(verdict);
  });

  it("waits longer after each try, six in all, and then suspends", () => {
    const verdicts = [0, 1, 2, 3, 4, 5].map((tries) => verdictOf(answer(500), tries));
    const delays = verdicts.map((verdict) => (verdict.is === "retry" ? verdict.delayMs : verdict.is));
    expect(delays).toEqual([1_500, 10_000, 60_000, 300_000, 900_000, "suspend"]);
  });

  it.each([
    [answer(200, null, '{"challenge":"c"}'), undefined],
    [answer(200, null, '{"challenge":"d"}'), "challenge_failed"],
    [answer(200, null, "c"), "challenge_failed"],
    [answer(302), "challenge_failed"],
    [answer(404), "http_4xx"],
    [answer(500), "http_5xx"],
    [{ error: "connection_refused" } as const, "connection_refused"],
  ])("to a challenge, %j: %s", (outcome, error) => {
    expect(challengeError(outcome, "c")).toBe(error);
  });
});
