import { isJsonObject, type Json } from "../../lib/json.ts";
import type { Tool } from "../tool.ts";
import { TOOLS } from "../tools/index.ts";

/**
 * The only things that a request can reach, when those are tools: a server is built for each request, and to build all
 * of it is most of what a call costs. Undefined: it may reach anything.
 */
function wantedTools(body: Json | undefined): readonly Tool[] | undefined {
  if (!isJsonObject(body)) return undefined;
  if (body.method === "tools/list") return TOOLS;
  const name = body.method === "tools/call" && isJsonObject(body.params) ? body.params.name : undefined;
  const tool = TOOLS.find((each) => each.name === name);
  return tool && [tool];
}

/** What a request needs of the server that is built for it. */
export interface Reach {
  /** Undefined: everything. */
  tools?: readonly Tool[] | undefined;
  /** Whether it asks who answers: then, and only then, the answer comes with an icon and an address. */
  isIntroduction: boolean;
}

const INTRODUCTIONS: readonly unknown[] = ["initialize", "server/discover"];

export const reachOf = (body: Json | undefined): Reach => ({
  tools: wantedTools(body),
  isIntroduction: isJsonObject(body) && INTRODUCTIONS.includes(body.method),
});
