import type { CacheHint } from "@modelcontextprotocol/server";
import type { Result } from "../lib/result.ts";
import type { McpDeps } from "./deps.ts";

/** Names of what a server offers, in the order of registration. */
export interface Offer {
  tools: string[];
  /** URIs and URI templates. */
  resources: string[];
  prompts: string[];
}

/** Suggestions for a value that starts with `prefix`. */
export type Complete = (prefix: string, deps: McpDeps) => Promise<string[]>;

interface ResourceText {
  name: string;
  title: string;
  description: string;
  mimeType: "application/json" | "text/markdown" | "text/html;profile=mcp-app";
  cacheHint: CacheHint;
}

/** A document with a fixed URI. */
export interface FixedResource extends ResourceText {
  uri: string;
  /** Sent beside the document. */
  meta?: { [field: string]: unknown };
  read: (deps: McpDeps, offer: Offer) => string;
}

export interface Listed {
  uri: string;
  name: string;
  title: string;
  /** What menus show of it, which is often nothing else; left out: the template's own. */
  description?: string;
}

/** Documents whose URI has one variable. */
export interface TemplateResource extends ResourceText {
  template: string;
  variable: string;
  /** The error is for the log: the caller learns only that nothing is there. */
  read: (value: string, deps: McpDeps) => Promise<Result<string, string>>;
  /** Left out: none of them is listed, since the list would only repeat another one. */
  list?: (deps: McpDeps) => Promise<Listed[]>;
  complete: Complete;
}
