import { TRACEPARENT_META_KEY, TRACESTATE_META_KEY } from "@modelcontextprotocol/server";
import { z } from "zod";
import { readTrace, type TraceContext } from "../jobs/trace.ts";

const Traced = z.object({
  params: z.object({
    _meta: z.looseObject({ [TRACEPARENT_META_KEY]: z.string(), [TRACESTATE_META_KEY]: z.unknown().optional() }),
  }),
});

/** The trace that a request belongs to: by its `_meta`, else by its headers. What is malformed is ignored. */
export function traceOf(body: unknown, headers: Headers): TraceContext | undefined {
  const meta = Traced.safeParse(body).data?.params._meta;
  return (
    readTrace(meta?.[TRACEPARENT_META_KEY], meta?.[TRACESTATE_META_KEY]) ??
    readTrace(headers.get("traceparent"), headers.get("tracestate"))
  );
}
