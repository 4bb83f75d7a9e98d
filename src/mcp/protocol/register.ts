import {
  type CallToolResult,
  completable,
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  ResourceTemplate,
  type ServerContext,
} from "@modelcontextprotocol/server";
import * as z from "zod";
import { ok, type Result } from "../../lib/result.ts";
import { escapeInvisible, visibleLines } from "../../lib/safe-text.ts";
import type { McpDeps } from "../deps.ts";
import type { Prompt } from "../prompt.ts";
import type { Complete, FixedResource, Offer, TemplateResource } from "../resource.ts";
import type { CallContext, Tool } from "../tool.ts";
import { callTool } from "./call-tool.ts";
import { declaresTasks } from "./declared-tasks.ts";
import type { Era } from "./metrics.ts";
import { observe, type Problem } from "./observe.ts";

/** The only way onto a server: whatever is registered here is measured, and leaks nothing when it breaks. */
export interface Registrar {
  server: McpServer;
  deps: McpDeps;
  era: Era;
  offer: Offer;
}

export function callContext(
  { mcpReq }: ServerContext,
  era: Era,
  { seen, gone }: Pick<McpDeps, "seen" | "gone"> = {},
): CallContext {
  const { _meta, envelope, signal, notify } = mcpReq;
  const isTold = era === "modern" && declaresTasks(envelope);
  const progressToken = _meta?.progressToken;
  const ended = gone === undefined ? signal : AbortSignal.any([signal, gone]);
  const known = { signal: ended, isTold, ...(seen && { seen }) };
  if (progressToken === undefined) return known;
  return {
    ...known,
    tell: (progress) => notify({ method: "notifications/progress", params: { progressToken, ...progress } }),
  };
}

/** Runs a tool for a request that the SDK has read. */
export const runTool = (
  { deps, era }: Registrar,
  tool: Tool,
  args: unknown,
  context: ServerContext,
): Promise<CallToolResult> => callTool(tool, { args, context: callContext(context, era, deps) }, deps, era);

/** The second key is where hosts from before the extension was released look. */
const viewMeta = (view: string) => ({ ui: { resourceUri: view }, "ui/resourceUri": view });

export function registerTool(registrar: Registrar, tool: Tool): void {
  const { name, title, description, annotations, inputSchema, outputSchema, view } = tool;
  registrar.offer.tools.push(name);
  const config = { title, description, annotations, inputSchema, outputSchema, ...(view && { _meta: viewMeta(view) }) };
  registrar.server.registerTool(name, config, (args, context) => runTool(registrar, tool, args, context));
}

/** The answer, or the error that the protocol has for it. */
export function answerOrThrow<T>(outcome: Result<T, Problem>, expected: (text: string) => ProtocolError): T {
  if (outcome.ok) return outcome.value;
  const { crash, text } = outcome.error;
  throw crash ? new ProtocolError(ProtocolErrorCode.InternalError, text) : expected(text);
}

/** For what the caller could not have done otherwise. */
export const internal = (text: string): ProtocolError => new ProtocolError(ProtocolErrorCode.InternalError, text);

/** Suggestions are a convenience: none are better than an error. */
function completer({ deps, era }: Registrar, name: string, complete: Complete) {
  return async (prefix: string): Promise<string[]> => {
    const found = await observe(`${name} completion`, deps, era, async () => ok(await complete(prefix, deps)));
    return found.ok ? found.value : [];
  };
}

const contents = (uri: URL, mimeType: string, text: string, _meta?: { [field: string]: unknown }) => ({
  contents: [{ uri: uri.href, mimeType, text, ...(_meta && { _meta }) }],
});

export function registerFixed({ server, deps, offer }: Registrar, resource: FixedResource): void {
  const { name, uri, title, description, mimeType, cacheHint } = resource;
  offer.resources.push(uri);
  server.registerResource(name, uri, { title, description, cacheHint, mimeType }, async (url) =>
    contents(url, mimeType, resource.read(deps, offer), resource.meta),
  );
}

/** The documents that exist now, where the resource lists them. */
function lister({ deps, era }: Registrar, { name, mimeType, list }: TemplateResource) {
  if (list === undefined) return undefined;
  return async () => {
    const found = await observe(`${name} list`, deps, era, async () => ok(await list(deps)));
    return { resources: answerOrThrow(found, internal).map((listed) => ({ ...listed, mimeType })) };
  };
}

export function registerTemplate(registrar: Registrar, resource: TemplateResource): void {
  const { server, deps, era, offer } = registrar;
  const { name, title, description, mimeType, cacheHint, variable } = resource;
  offer.resources.push(resource.template);
  const complete = { [variable]: completer(registrar, name, resource.complete) };
  const template = new ResourceTemplate(resource.template, { list: lister(registrar, resource), complete });
  server.registerResource(name, template, { title, description, cacheHint, mimeType }, async (url, variables) => {
    const value = String(variables[variable] ?? "");
    const read = () => resource.read(value, deps);
    const found = await observe(name, deps, era, read, () => value);
    const text = answerOrThrow(found, () => new ResourceNotFoundError(url.href));
    // JSON: the same value.
    return contents(url, mimeType, escapeInvisible(text));
  });
}

export function registerPrompt(registrar: Registrar, prompt: Prompt): void {
  const { server, deps, era, offer } = registrar;
  const { name, title, description, argument } = prompt;
  offer.prompts.push(name);
  const plain = z.string().describe(argument.description);
  const { complete } = argument;
  const value = complete === undefined ? plain : completable(plain, completer(registrar, name, complete));
  const argsSchema = z.strictObject({ [argument.name]: value });
  server.registerPrompt(name, { title, description, argsSchema }, async (args) => {
    const given = args[argument.name] ?? "";
    const render = () => prompt.render(given, deps);
    const rendered = await observe(name, deps, era, render, () => given);
    const rawText = answerOrThrow(rendered, (problem) => new ProtocolError(ProtocolErrorCode.InvalidParams, problem));
    const text = visibleLines(rawText);
    return { description, messages: [{ role: "user", content: { type: "text", text } }] };
  });
}
