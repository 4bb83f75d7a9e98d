/** The page at `/`: what this server is and how to connect to it. */

export interface About {
  version: string;
  /** Scheme, host and port that the caller used. */
  origin: string;
  /** Whether a caller needs an API key. */
  isLocked: boolean;
}

const SUMMARY = "Durable background jobs for AI agents: submit a plan in one call, walk away, come back to the result.";

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** What a host that does not sign in by OAuth must send. */
const KEY = "Bearer YOUR_KEY";

const WITH_KEY = ` --header "Authorization: ${KEY}"`;
const claudeCode = (endpoint: string): string => `claude mcp add --transport http jobs ${endpoint}`;

/** How a client connects that signs in nowhere. */
export const withKeyCommand = (endpoint: string): string => claudeCode(endpoint) + WITH_KEY;

function connect(endpoint: string, isLocked: boolean) {
  const flag = isLocked ? WITH_KEY : "";
  const headers = isLocked ? { headers: { Authorization: KEY } } : {};
  return {
    claude_code: claudeCode(endpoint) + flag,
    cursor: { mcpServers: { jobs: { url: endpoint, ...headers } } },
    vscode: { servers: { jobs: { type: "http", url: endpoint, ...headers } } },
    stdio_only: `npx -y mcp-remote ${endpoint}${flag}`,
  };
}

function description({ version, origin, isLocked }: About) {
  const endpoint = `${origin}/mcp`;
  return {
    name: "edge-jobs",
    title: "Edge Jobs",
    version,
    summary: SUMMARY,
    endpoint,
    transport: "streamable-http",
    ...(isLocked && { key: "`npm run keys -- create` makes YOUR_KEY; hosts that speak OAuth need no header." }),
    connect: connect(endpoint, isLocked),
    health: `${origin}/healthz`,
  };
}

function page(about: About): string {
  const { title, version, summary, endpoint, connect, key } = description(about);
  const ways: [string, string][] = [
    ["Claude Code", connect.claude_code],
    ["Cursor, in mcp.json", JSON.stringify(connect.cursor)],
    ["VS Code, in .vscode/mcp.json", JSON.stringify(connect.vscode)],
    ["Hosts that speak stdio only", connect.stdio_only],
  ];
  const items = ways.map(([host, how]) => `<dt>${escapeHtml(host)}</dt><dd><code>${escapeHtml(how)}</code></dd>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>body{font:16px/1.5 system-ui;max-width:46rem;margin:3rem auto;padding:0 1rem}code{overflow-wrap:anywhere}</style>
<h1>${escapeHtml(title)} <small>${escapeHtml(version)}</small></h1>
<p>${escapeHtml(summary)}</p>
<p>MCP endpoint (streamable HTTP): <code>${escapeHtml(endpoint)}</code></p>
<dl>${items.join("")}</dl>
${key === undefined ? "" : `<p>${escapeHtml(key)}</p>`}
</html>
`;
}

/** HTML for browsers, JSON for everything else. */
export function home(request: Request, about: About): Response {
  if (!request.headers.get("accept")?.includes("text/html")) {
    return Response.json(description(about), { headers: { vary: "accept" } });
  }
  return new Response(page(about), {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      vary: "accept",
    },
  });
}
