import { TRACEPARENT_META_KEY, TRACESTATE_META_KEY } from "@modelcontextprotocol/server";
import { isJsonObject, type Json } from "../../lib/json.ts";
import { readTrace, type TraceContext } from "../../lib/trace-context.ts";

function metaOf(body: Json | undefined): Json | undefined {
  const params = isJsonObject(body) ? body.params : undefined;
  return isJsonObject(params) ? params._meta : undefined;
}

/** The trace that a request belongs to: by its `_meta`, else by its headers. What is malformed is ignored. */
export function traceOf(body: Json | undefined, headers: Headers): TraceContext | undefined {
  const meta = metaOf(body);
  const told = isJsonObject(meta) ? readTrace(meta[TRACEPARENT_META_KEY], meta[TRACESTATE_META_KEY]) : undefined;
  return told ?? readTrace(headers.get("traceparent"), headers.get("tracestate"));
}
