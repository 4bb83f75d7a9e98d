import { bodyOf, type Era, headersOf, type Message, toolCall } from "./mcp.ts";

/** One message of an era: the text of its answer. */
export async function ask(origin: string, key: string, era: Era, message: Message): Promise<string> {
  const response = await fetch(`${origin}/mcp`, {
    method: "POST",
    headers: headersOf(era, message, key),
    body: bodyOf(era, message).join("1"),
  });
  return response.text();
}

/** One tool of the server, by the protocol of 2026: its structured content. @throws when the tool answers an error */
export async function callTool<T>(origin: string, key: string, name: string, args: object): Promise<T> {
  const text = await ask(origin, key, "2026", toolCall(name, args));
  const { result } = JSON.parse(text);
  if (result?.structuredContent === undefined) throw new Error(`${name}: ${text}`);
  return result.structuredContent;
}
