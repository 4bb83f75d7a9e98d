import { completable, type GetPromptResult, type McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { IMAGE } from "./samples.ts";

type Content = GetPromptResult["messages"][number]["content"];

const messages = (...contents: Content[]): GetPromptResult => ({
  messages: contents.map((content) => ({ role: "user", content })),
});

const text = (value: string): Content => ({ type: "text", text: value });

const TwoArguments = z.strictObject({
  arg1: completable(z.string().describe("First argument."), (prefix) =>
    ["paris", "park", "party"].filter((word) => word.startsWith(prefix)),
  ),
  arg2: z.string().describe("Second argument."),
});

const OneUri = z.strictObject({ resourceUri: z.string().describe("URI of the resource to embed.") });

export function addPrompts(server: McpServer): void {
  server.registerPrompt("test_simple_prompt", { description: "Has no arguments." }, () =>
    messages(text("This is a simple prompt for testing.")),
  );
  server.registerPrompt(
    "test_prompt_with_arguments",
    { description: "Has two arguments.", argsSchema: TwoArguments },
    ({ arg1, arg2 }) => messages(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  );
  server.registerPrompt(
    "test_prompt_with_embedded_resource",
    { description: "Embeds a resource.", argsSchema: OneUri },
    ({ resourceUri: uri }) => {
      const resource = { uri, mimeType: "text/plain", text: "Embedded resource content for testing." };
      return messages({ type: "resource", resource }, text("Please process the embedded resource above."));
    },
  );
  server.registerPrompt("test_prompt_with_image", { description: "Shows an image." }, () =>
    messages({ type: "image", ...IMAGE }, text("Please analyze the image above.")),
  );
}
