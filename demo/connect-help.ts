import { styleText } from "node:util";

/** How to reach the running server from a browser and the usual hosts. */
export function connectHelp(server: string): string[] {
  const mcpUrl = `${server}/mcp`;
  const ways: [string, string][] = [
    ["Dashboard, in a browser", `${server}/ui/`],
    ["Claude Code", `claude mcp add --transport http jobs ${mcpUrl}`],
    ["Cursor, ~/.cursor/mcp.json", JSON.stringify({ mcpServers: { jobs: { url: mcpUrl } } })],
    ["VS Code, .vscode/mcp.json", JSON.stringify({ servers: { jobs: { type: "http", url: mcpUrl } } })],
    [
      "Inspector",
      `npx @modelcontextprotocol/inspector --cli --server-url ${mcpUrl} --transport http --method tools/list`,
    ],
    ["Claude (web and desktop)", "Settings > Connectors > Add custom connector, with the https URL of your deployment"],
  ];
  return ways.flatMap(([host, how]) => [styleText("bold", host), `  ${how}`]);
}
