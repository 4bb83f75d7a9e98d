import type { JsonObject } from "../../../src/lib/json.ts";
import type { Exchange } from "./replay.ts";

export interface ToolReply {
  isError: boolean;
  /** All text parts, one below the other. */
  text: string;
  structured: JsonObject | undefined;
  /** Set where the call was answered with a task. */
  resultType: string | undefined;
}

/** The reply to a tools/call that was answered with a result. */
export function toolReply({ answer, text: raw }: Exchange): ToolReply {
  const result = answer?.result;
  if (result === undefined) throw new Error(`no result: ${raw}`);
  const content = result.content as { type: string; text?: string }[];
  return {
    isError: result.isError === true,
    text: content.flatMap(({ type, text }) => (type === "text" && text ? [text] : [])).join("\n"),
    structured: result.structuredContent as JsonObject | undefined,
    resultType: result.resultType as string | undefined,
  };
}

const structureFirst = ({ isError, text, structured }: ToolReply): string =>
  isError || structured === undefined ? text : JSON.stringify(structured);
const textOnly = ({ text }: ToolReply): string => text;

/** What the model of each client reads of a reply, as recorded. The Inspector is for people, mcp-remote for any host. */
export const SEEN: Record<string, (reply: ToolReply) => string> = {
  "ai-sdk": textOnly,
  "claude-code-interactive-more": structureFirst,
  "claude-code-interactive-task": structureFirst,
  "claude-code-print": structureFirst,
  codex: structureFirst,
  "gemini-cli": textOnly,
  mcporter: structureFirst,
  opencode: textOnly,
};
