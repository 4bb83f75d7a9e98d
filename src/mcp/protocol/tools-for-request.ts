import type { Scope } from "../../auth/scopes.ts";
import { isJsonObject, type Json } from "../../lib/json.ts";
import type { Tool } from "../tool.ts";
import { TOOLS } from "../tools/index.ts";

/** What `/mcp?tools=` names: one or several, separated by commas. */
export const TOOL_GROUPS = ["core", "triggers", "events", "work", "operate", "all"] as const;
type ToolGroup = (typeof TOOL_GROUPS)[number];

const OPERATING = ["jobs_bulk", "jobs_stats"];
const BY_PREFIX: { readonly [prefix: string]: ToolGroup } = { triggers: "triggers", events: "events", work: "work" };

function groupOf({ name }: Tool): ToolGroup {
  if (OPERATING.includes(name)) return "operate";
  return BY_PREFIX[name.split("_")[0] ?? ""] ?? "core";
}

/** Groups that a URL names and that there are not. */
export function unknownGroups(groups: string | null): string[] {
  const known: readonly string[] = TOOL_GROUPS;
  return groups === null ? [] : groups.split(",").filter((group) => !known.includes(group));
}

/** The tools that a caller is shown: those that its key allows, of the groups that its URL names. */
export function toolsShown(scopes: readonly Scope[], groups: string | null): readonly Tool[] {
  const named = groups === null ? ["all"] : groups.split(",");
  return TOOLS.filter((tool) => {
    const isAllowed = [tool.scope, ...(tool.alsoNeeds ?? [])].every((scope) => scopes.includes(scope));
    return isAllowed && (named.includes("all") || named.includes(groupOf(tool)));
  });
}

/**
 * The only things that a request can reach, when those are tools: a server is built for each request, and to build all
 * of it is most of what a call costs. Undefined: it may reach anything.
 */
function wantedTools(body: Json | undefined, shown: () => readonly Tool[]): readonly Tool[] | undefined {
  if (!isJsonObject(body)) return undefined;
  if (body.method === "tools/list") return shown();
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

/** @param shown what a list of tools has */
export const reachOf = (body: Json | undefined, shown: () => readonly Tool[] = () => TOOLS): Reach => ({
  tools: wantedTools(body, shown),
  isIntroduction: isJsonObject(body) && INTRODUCTIONS.includes(body.method),
});
