import { bodyOf, headersOf, toolCall } from "./mcp.ts";

/** One tool of the server, by the protocol of 2026: its structured content. @throws when the tool answers an error */
export async function callTool<T>(origin: string, key: string, name: string, args: object): Promise<T> {
  const message = toolCall(name, args);
  const response = await fetch(`${origin}/mcp`, {
    method: "POST",
    headers: headersOf("2026", message, key),
    body: bodyOf("2026", message).join("1"),
  });
  const text = await response.text();
  const { result } = JSON.parse(text);
  if (result?.structuredContent === undefined) throw new Error(`${name}: ${text}`);
  return result.structuredContent;
}
