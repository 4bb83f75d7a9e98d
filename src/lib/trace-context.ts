/** Which distributed trace something belongs to, as W3C Trace Context names it: https://www.w3.org/TR/trace-context/ */

/** PERSISTED since 0001, with a job. */
export interface TraceContext {
  /** `00-<32 hexadecimal digits of trace>-<16 of span>-<2 of flags>`. */
  traceparent: string;
  tracestate?: string;
}

/** An id of zeros only is none. */
const TRACEPARENT = /^([0-9a-f]{2})-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(-.*)?$/;
const MAX_TRACESTATE_CHARS = 512;
/** Members of `key=value`, in printable ASCII. */
const TRACESTATE = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x7e]*$/;

const isTracestate = (text: unknown): text is string =>
  typeof text === "string" &&
  text.length <= MAX_TRACESTATE_CHARS &&
  text.split(",").every((member) => TRACESTATE.test(member.trim()));

/** What the two say, which come from outside; undefined when there is no usable trace: it is never an error. */
export function readTrace(traceparent: unknown, tracestate: unknown): TraceContext | undefined {
  if (typeof traceparent !== "string") return undefined;
  const [, version, ids, more] = TRACEPARENT.exec(traceparent) ?? [];
  // A version after 00 may have more parts, which are not for us.
  if (ids === undefined || version === "ff" || (version === "00" && more !== undefined)) return undefined;
  return { traceparent: `00-${ids}`, ...(isTracestate(tracestate) && { tracestate }) };
}

/** The same trace seen from a span inside it. @param spanId 16 hexadecimal digits */
export function childOf({ traceparent, ...rest }: TraceContext, spanId: string): TraceContext {
  const [version, traceId, , flags] = traceparent.split("-");
  return { traceparent: [version, traceId, spanId, flags].join("-"), ...rest };
}
