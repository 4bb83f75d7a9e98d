import { SUPPORTED_PROTOCOL_VERSIONS } from "@modelcontextprotocol/server";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import type { Era } from "../protocol/metrics.ts";
import { declaresTasks } from "../tasks/declared.ts";
import { GET_TASK } from "../tasks/get.ts";
import type { Tool } from "../tool.ts";
import { jobsGetStatus } from "../tools/jobs-get-status.ts";
import { jobsSubmitBlueprint } from "../tools/jobs-submit-blueprint.ts";
import { claimsModern, isPlainLegacyMeta, isPlainModernMeta } from "./meta.ts";

/**
 * The calls that agents make most, when they come exactly as clients send them. Whatever is unusual about a request, good
 * or bad, is left to the SDK: a request that is not recognised here is only slower.
 */

export interface PlainToolCall {
  era: Era;
  id: string | number;
  tool: Tool;
  args: JsonObject;
  /** As {@link CallContext} has it. */
  isTold: boolean;
}

/** Of a client that declares the Tasks extension. */
export interface PlainTaskGet {
  id: string | number;
  taskId: string;
}

export type PlainCall = PlainToolCall | PlainTaskGet;

const TOOLS: ReadonlyMap<Json | undefined, Tool> = new Map(
  [jobsGetStatus, jobsSubmitBlueprint].map((tool) => [tool.name, tool]),
);

const hasOnlyKeys = (value: JsonObject, keys: readonly string[]): boolean =>
  Object.keys(value).every((key) => keys.includes(key));

/** Both lanes must be given the same: the SDK drops this key, and answers that take their time need its keep-alives. */
const arePlainArguments = (args: JsonObject): boolean =>
  !Object.hasOwn(args, "__proto__") && (args.wait_seconds === undefined || args.wait_seconds === 0);

/** Of an id that could be a job's: nothing in it has to be sanitized. */
const JOB_ID = /^job_[a-z0-9]{1,60}$/;

interface Message {
  id: string | number;
  method: "tools/call" | typeof GET_TASK;
  /** What the headers of 2026 repeat. */
  name: string;
  meta: Json | undefined;
  /** Only of a tool. */
  call?: { tool: Tool; args: JsonObject };
}

function readParams(method: Json | undefined, params: JsonObject): Omit<Message, "id"> | undefined {
  const { name, arguments: args, taskId, _meta: meta } = params;
  if (method === GET_TASK) {
    const isPlain = typeof taskId === "string" && JOB_ID.test(taskId) && hasOnlyKeys(params, ["taskId", "_meta"]);
    return isPlain ? { method, name: taskId, meta } : undefined;
  }
  const tool = TOOLS.get(name);
  if (method !== "tools/call" || tool === undefined || !isJsonObject(args) || !arePlainArguments(args))
    return undefined;
  return hasOnlyKeys(params, ["name", "arguments", "_meta"])
    ? { method, name: tool.name, meta, call: { tool, args } }
    : undefined;
}

/** The parts of the message, when it is one of these requests and nothing else. */
function readMessage(body: Json | undefined): Message | undefined {
  if (!isJsonObject(body) || body.jsonrpc !== "2.0") return undefined;
  const { id, params, method } = body;
  if (typeof id !== "string" && !(typeof id === "number" && Number.isSafeInteger(id))) return undefined;
  if (!isJsonObject(params) || !hasOnlyKeys(body, ["jsonrpc", "id", "method", "params"])) return undefined;
  const read = readParams(method, params);
  return read && { id, ...read };
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

function eraOf({ headers }: Request, { method, name, meta }: Message): Era | undefined {
  const version = headers.get("mcp-protocol-version");
  if (!claimsModern(meta)) {
    const isLegacy = version === null || SUPPORTED_PROTOCOL_VERSIONS.includes(version);
    return isLegacy && isPlainLegacyMeta(meta) ? "legacy" : undefined;
  }
  const isModern =
    version === "2026-07-28" &&
    headers.get("mcp-method") === method &&
    headers.get("mcp-name") === name &&
    isPlainModernMeta(meta);
  return isModern ? "modern" : undefined;
}

/** @param body the parsed body of the POST */
export function recognise(request: Request, body: Json | undefined): PlainCall | undefined {
  const message = readMessage(body);
  if (message === undefined || !isPlainTransport(request)) return undefined;
  const era = eraOf(request, message);
  const isTold = era === "modern" && declaresTasks(message.meta);
  const { id, call, name } = message;
  if (call === undefined) return isTold ? { id, taskId: name } : undefined;
  return era && { era, id, ...call, isTold };
}
