import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** An OpenAI-compatible endpoint that does what its prompt says, so that one serves all files. */

interface Asked {
  messages: { role: string; content: string }[];
  model: string;
}

type Said = { status?: number; content?: string; tokens?: number; raw?: string } | "nothing";

/** By the first word of the last prompt of the user. */
const SCRIPTS: Record<string, (rest: string, asked: Asked) => Said> = {
  say: (content) => ({ content }),
  fail: (status) => ({ status: Number(status) }),
  stall: () => "nothing",
  babble: (raw) => ({ raw }),
  overspend: (tokens) => ({ content: "done", tokens: Number(tokens) }),
};

/** Some object for the JSON Schema that the system's message ends with. */
function example(system: string): string {
  const schema = JSON.parse(system.slice(system.indexOf("\n{") + 1)) as {
    properties?: Record<string, { type: string }>;
  };
  const values: Record<string, unknown> = { string: "text", boolean: true, integer: 1, number: 1 };
  const fields = Object.entries(schema.properties ?? {}).map(([name, { type }]) => [name, values[type]]);
  return JSON.stringify(Object.fromEntries(fields));
}

function saidOf(asked: Asked): Said {
  const [system] = asked.messages.filter(({ role }) => role === "system");
  const prompts = asked.messages.filter(({ role }) => role === "user").map(({ content }) => content);
  const isRepair = prompts.length > 1;
  const [word = "", ...rest] = (prompts[0] ?? "").split(" ");
  const script = isRepair ? undefined : SCRIPTS[word];
  if (script !== undefined) return script(rest.join(" "), asked);
  return { content: system?.content.includes("JSON Schema") ? example(system.content) : "text" };
}

export interface FakeModel {
  /** For AI_BASE_URL. */
  url: string;
  close(): void;
}

export async function startFakeModel(): Promise<FakeModel> {
  const server: Server = createServer(async (request, response) => {
    const asked = (await json(request)) as Asked;
    const said = saidOf(asked);
    if (said === "nothing") return;
    const { status = 200, content = "", tokens = 20, raw } = said;
    const usage = { prompt_tokens: tokens - 5, completion_tokens: 5, total_tokens: tokens };
    const completion = {
      model: asked.model,
      choices: [{ message: { role: "assistant", content }, finish_reason: "stop" }],
      usage,
    };
    response.writeHead(status, { "content-type": "application/json" }).end(raw ?? JSON.stringify(completion));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
