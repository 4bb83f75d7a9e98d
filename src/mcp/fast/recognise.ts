import { SUPPORTED_PROTOCOL_VERSIONS } from "@modelcontextprotocol/server";
import { isJsonObject, type Json, type JsonObject } from "../../jobs/json.ts";
import type { Era } from "../metrics.ts";
import { declaresTasks } from "../tasks/declared.ts";
import type { Tool } from "../tool.ts";
import { jobsGetStatus } from "../tools/jobs-get-status.ts";
import { jobsSubmitBlueprint } from "../tools/jobs-submit-blueprint.ts";
import { claimsModern, isPlainLegacyMeta, isPlainModernMeta } from "./meta.ts";

/**
 * The calls that agents make most, when they come exactly as clients send them. Whatever is unusual about a request, good
 * or bad, is left to the SDK: a request that is not recognised here is only slower.
 */

export interface PlainCall {
  era: Era;
  id: string | number;
  tool: Tool;
  args: JsonObject;
  /** As {@link CallContext} has it. */
  isTold: boolean;
}

const TOOLS: ReadonlyMap<Json | undefined, Tool> = new Map(
  [jobsGetStatus, jobsSubmitBlueprint].map((tool) => [tool.name, tool]),
);

const hasOnlyKeys = (value: JsonObject, keys: readonly string[]): boolean =>
  Object.keys(value).every((key) => keys.includes(key));

/** Both lanes must be given the same: the SDK drops this key, and answers that take their time need its keep-alives. */
const arePlainArguments = (args: JsonObject): boolean =>
  !Object.hasOwn(args, "__proto__") && (args.wait_seconds === undefined || args.wait_seconds === 0);

/** The parts of the message, when it is a request for one of the tools and nothing else. */
function readMessage(body: Json | undefined) {
  if (!isJsonObject(body) || body.method !== "tools/call" || body.jsonrpc !== "2.0") return undefined;
  const { id, params } = body;
  if (typeof id !== "string" && !(typeof id === "number" && Number.isSafeInteger(id))) return undefined;
  if (!isJsonObject(params) || !hasOnlyKeys(body, ["jsonrpc", "id", "method", "params"])) return undefined;
  const { name, arguments: args, _meta: meta } = params;
  const tool = TOOLS.get(name);
  if (tool === undefined || !isJsonObject(args) || !arePlainArguments(args)) return undefined;
  return hasOnlyKeys(params, ["name", "arguments", "_meta"]) ? { id, tool, args, meta } : undefined;
}

const BOTH_FORMS = /application\/json.*text\/event-stream|text\/event-stream.*application\/json/;

/** Whether the URL names the same host and port as the header, without parsing it: one that hides them names another. */
const isAt = (url: string, host: string): boolean => url.startsWith(`//${host}/`, url.indexOf(":") + 1);

/** No page in a browser, and a Host that agrees with the URL: no policy of any deployment refuses that. */
function isPlainTransport({ headers, url }: Request): boolean {
  return (
    headers.get("origin") === null &&
    headers.get("content-type") === "application/json" &&
    BOTH_FORMS.test(headers.get("accept") ?? "") &&
    isAt(url, headers.get("host") ?? "")
  );
}

function eraOf({ headers }: Request, tool: Tool, meta: Json | undefined): Era | undefined {
  const version = headers.get("mcp-protocol-version");
  if (!claimsModern(meta)) {
    const isLegacy = version === null || SUPPORTED_PROTOCOL_VERSIONS.includes(version);
    return isLegacy && isPlainLegacyMeta(meta) ? "legacy" : undefined;
  }
  const isModern =
    version === "2026-07-28" &&
    headers.get("mcp-method") === "tools/call" &&
    headers.get("mcp-name") === tool.name &&
    isPlainModernMeta(meta);
  return isModern ? "modern" : undefined;
}

/** @param body the parsed body of the POST */
export function recognise(request: Request, body: Json | undefined): PlainCall | undefined {
  const message = readMessage(body);
  if (message === undefined || !isPlainTransport(request)) return undefined;
  const { id, tool, args, meta } = message;
  const era = eraOf(request, tool, meta);
  return era && { era, id, tool, args, isTold: era === "modern" && declaresTasks(meta) };
}
