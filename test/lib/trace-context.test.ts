import { describe, expect, it } from "vitest";
import { childOf, readTrace } from "../../src/lib/trace-context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const VALID = `00-${TRACE}-${SPAN}-01`;

describe("a trace context", () => {
  it("is taken as it came", () => {
    expect(readTrace(VALID, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE")).toEqual({
      traceparent: VALID,
      tracestate: "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
    });
    expect(readTrace(VALID, undefined)).toEqual({ traceparent: VALID });
  });

  it("of a later version is taken as far as it is known", () => {
    expect(readTrace(`cc-${TRACE}-${SPAN}-01-what-comes-then`, null)).toEqual({ traceparent: VALID });
    expect(readTrace(`cc-${TRACE}-${SPAN}-01`, null)).toEqual({ traceparent: VALID });
  });

  it.each([
    ["nothing", undefined],
    ["no text", 7],
    ["empty", ""],
    ["capitals", VALID.toUpperCase()],
    ["an unknown format", `ff-${TRACE}-${SPAN}-01`],
    ["a trace of zeros", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["a span of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["too short", VALID.slice(0, -1)],
    ["more than version 00 has", `${VALID}-more`],
    ["a later version that goes on without a dash", `cc-${TRACE}-${SPAN}-01x`],
    ["a line break behind it", `${VALID}\n`],
  ])("that is %s is none", (_what, traceparent) => {
    expect(readTrace(traceparent, "a=b")).toBeUndefined();
  });

  it.each([["a"], ["=b"], ["a=b,"], ["a=b\nc"], [`a=${"x".repeat(600)}`], ["ä=b"], [7]])(
    "loses a state that is malformed: %s",
    (tracestate) => {
      expect(readTrace(VALID, tracestate)).toEqual({ traceparent: VALID });
    },
  );

  it("goes on in a span inside it", () => {
    expect(childOf({ traceparent: VALID, tracestate: "a=b" }, "00f067aa0ba902b7")).toEqual({
      traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
      tracestate: "a=b",
    });
  });
});
