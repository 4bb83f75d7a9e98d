import { SUPPORTED_PROTOCOL_VERSIONS } from "@modelcontextprotocol/server";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";
import { MAX_WAIT_MS } from "../../limits.ts";
import { declaresTasks } from "../protocol/declared-tasks.ts";
import type { Era } from "../protocol/metrics.ts";
import { GET_TASK } from "../tasks/get.ts";
import type { Tool } from "../tool.ts";
import { jobsGetStatus } from "../tools/jobs-get-status.ts";
import { jobsList } from "../tools/jobs-list.ts";
import { jobsSubmitBlueprint } from "../tools/jobs-submit-blueprint.ts";
import { jobsWait } from "../tools/jobs-wait.ts";
import { claimsModern, isPlainCapabilities, isPlainClient, isPlainLegacyMeta, isPlainModernMeta } from "./meta.ts";

/**
 * The calls that agents make most, when they come exactly as clients send them. Whatever is unusual about a request, good
 * or bad, is left to the SDK: a request that is not recognised here is only slower.
 */

export interface PlainToolCall {
  kind: "tool";
  era: Era;
  id: string | number;
  tool: Tool;
  args: JsonObject;
  /** As {@link CallContext} has it. */
  isTold: boolean;
}

/** Of a client that declares the Tasks extension. */
export interface PlainTaskGet {
  kind: "task";
  era: "modern";
  id: string | number;
  taskId: string;
}

/** Of what is the same for everybody. */
export interface PlainStatic {
  kind: "static";
  era: Era;
  id: string | number;
  /** What the answer depends on, beside era and deployment. */
  subject: string;
}

export type PlainCall = PlainToolCall | PlainTaskGet | PlainStatic;

const TOOLS: ReadonlyMap<Json | undefined, Tool> = new Map(
  [jobsGetStatus, jobsSubmitBlueprint, jobsWait, jobsList].map((tool) => [tool.name, tool]),
);

const hasOnlyKeys = (value: JsonObject, keys: readonly string[]): boolean =>
  Object.keys(value).every((key) => keys.includes(key));

const isPlainWait = (seconds: Json | undefined): boolean =>
  seconds === undefined || (typeof seconds === "number" && seconds >= 0 && seconds <= MAX_WAIT_MS / 1_000);

/**
 * Both lanes must be given the same: the SDK drops the first key, and answers that take their time need its keep-alives.
 * A wait is tried here, and goes to the SDK when it has to wait.
 */
const arePlainArguments = (args: JsonObject): boolean =>
  !Object.hasOwn(args, "__proto__") &&
  (args.wait_seconds === undefined || args.wait_seconds === 0) &&
  isPlainWait(args.timeout_seconds);

/** Of an id that could be a job's: nothing in it has to be sanitized. */
const JOB_ID = /^job_[a-z0-9]{1,60}$/;

interface Message {
  id: string | number;
  method: string;
  /** What the headers of 2026 repeat; null: nothing. */
  name: string | null;
  meta: Json | undefined;
  /** Only of a tool. */
  call?: { tool: Tool; args: JsonObject };
  /** Only of what is the same for everybody. */
  subject?: string;
}

type Read = Omit<Message, "id" | "method" | "meta">;

function readToolCall(params: JsonObject): Read | undefined {
  const { name, arguments: args } = params;
  const tool = TOOLS.get(name);
  if (tool === undefined || !isJsonObject(args) || !arePlainArguments(args)) return undefined;
  return hasOnlyKeys(params, ["name", "arguments", "_meta"]) ? { name: tool.name, call: { tool, args } } : undefined;
}

function readTaskGet(params: JsonObject): Read | undefined {
  const { taskId } = params;
  if (typeof taskId !== "string" || !JOB_ID.test(taskId)) return undefined;
  return hasOnlyKeys(params, ["taskId", "_meta"]) ? { name: taskId } : undefined;
}

/** The first request of a client of 2025: what it offers changes nothing here. */
function readInitialize(params: JsonObject): Read | undefined {
  const { protocolVersion: version, capabilities, clientInfo } = params;
  if (typeof version !== "string" || !SUPPORTED_PROTOCOL_VERSIONS.includes(version)) return undefined;
  if (!isPlainCapabilities(capabilities) || !isPlainClient(clientInfo)) return undefined;
  if (!hasOnlyKeys(params, ["protocolVersion", "capabilities", "clientInfo", "_meta"])) return undefined;
  return { name: null, subject: `initialize ${version}` };
}

const readList = (params: JsonObject, method: string): Read | undefined =>
  hasOnlyKeys(params, ["_meta"]) ? { name: null, subject: method } : undefined;

const READERS: ReadonlyMap<Json | undefined, (params: JsonObject, method: string) => Read | undefined> = new Map<
  string,
  (params: JsonObject, method: string) => Read | undefined
>([
  ["tools/call", readToolCall],
  [GET_TASK, readTaskGet],
  ["initialize", readInitialize],
  ["server/discover", readList],
  ["tools/list", readList],
  ["prompts/list", readList],
  ["resources/templates/list", readList],
]);

/** The parts of the message, when it is one of these requests and nothing else. */
function readMessage(body: Json | undefined): Message | undefined {
  if (!isJsonObject(body) || body.jsonrpc !== "2.0") return undefined;
  const { id, params = {}, method } = body;
  if (typeof id !== "string" && !(typeof id === "number" && Number.isSafeInteger(id))) return undefined;
  if (!isJsonObject(params) || !hasOnlyKeys(body, ["jsonrpc", "id", "method", "params"])) return undefined;
  if (typeof method !== "string") return undefined;
  const read = READERS.get(method)?.(params, method);
  return read && { id, method, meta: params._meta, ...read };
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

/** Each era has an introduction of its own. */
const isOfEra = (method: string, era: Era): boolean =>
  !(era === "legacy" ? ["server/discover"] : ["initialize"]).includes(method);

/** @param body the parsed body of the POST */
export function recognise(request: Request, body: Json | undefined): PlainCall | undefined {
  const message = readMessage(body);
  if (message === undefined || !isPlainTransport(request)) return undefined;
  const era = eraOf(request, message);
  if (era === undefined) return undefined;
  const { id, method, name, meta, call, subject } = message;
  if (subject !== undefined) return isOfEra(method, era) ? { kind: "static", era, id, subject } : undefined;
  const isTold = era === "modern" && declaresTasks(meta);
  if (call !== undefined) return { kind: "tool", era, id, ...call, isTold };
  return isTold && name !== null ? { kind: "task", era: "modern", id, taskId: name } : undefined;
}
