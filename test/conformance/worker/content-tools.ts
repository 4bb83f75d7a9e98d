import type { ContentBlock, McpServer } from "@modelcontextprotocol/server";
import { AUDIO, IMAGE } from "./samples.ts";

/** Fixtures that answer with more than text, and one that writes to the protocol's deprecated log. */

const embedded = (uri: string, mimeType: string, text: string): ContentBlock => ({
  type: "resource",
  resource: { uri, mimeType, text },
});

const CONTENT: Record<string, ContentBlock[]> = {
  test_image_content: [{ type: "image", ...IMAGE }],
  test_audio_content: [{ type: "audio", ...AUDIO }],
  test_embedded_resource: [embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")],
  test_multiple_content_types: [
    { type: "text", text: "Multiple content types test:" },
    { type: "image", ...IMAGE },
    embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
  ],
};

export function addContentTools(server: McpServer): void {
  for (const [name, content] of Object.entries(CONTENT)) {
    server.registerTool(name, { description: `Answers with ${content.map(({ type }) => type).join(", ")}.` }, () => ({
      content,
    }));
  }
  server.registerTool("test_logging_tool", { description: "Logs to callers that ask for it." }, async ({ mcpReq }) => {
    await mcpReq.log("info", "logged");
    return { content: [{ type: "text", text: "logged" }] };
  });
}
