import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { ownTenant } from "../../support/server.ts";

/** Each command of the README: run here, run by another test, or one that needs what no test has. */

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../../..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** Whole commands: a line that ends in a backslash or inside quotes goes on. */
function commandsIn(text: string): string[] {
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
  const commands: string[] = [];
  for (const line of blocks.join("").replaceAll("\\\n", " ").split("\n")) {
    const last = commands.at(-1) ?? "";
    if (last.split("'").length % 2 === 0) commands[commands.length - 1] = `${last}\n${line}`;
    else if (line !== "") commands.push(line);
  }
  return commands.map((command) => command.replace(/ +#.*$/, ""));
}

const ELSEWHERE = [
  // .ci/run is npm ci and npm test; the demo is tried below.
  /^npm ci && npm (run demo|test)$/,
  // test/e2e/security/access.test.ts makes keys so.
  /^npm run keys -- create --tenant acme --scope [\w:,]+$/,
];
/** They need the host itself, or an account at Cloudflare. */
const NEEDS_MORE = [/^claude mcp add /, /^npx wrangler (login|secret put AUTH_SECRET)$/, /^npm run deploy$/];

const COMMANDS = commandsIn(README);
const CALLS = COMMANDS.filter((command) => command.startsWith("curl "));

it("says nothing but what is tried here, by another test, or needs an account or host", () => {
  const known = (command: string) => [...ELSEWHERE, ...NEEDS_MORE].some((pattern) => pattern.test(command));
  expect(COMMANDS.filter((command) => !CALLS.includes(command) && !known(command))).toEqual([]);
  expect(CALLS).toHaveLength(3);
});

it.each(CALLS)("%s", async (command) => {
  const { url, key } = await ownTenant();
  const there = command.replace("http://localhost:8787", url).replace("curl ", 'curl -H "Authorization: Bearer $KEY" ');
  const { stdout } = await run("bash", ["-c", there], { env: { ...process.env, KEY: key } });
  const answer = JSON.parse(stdout);
  expect(answer).not.toHaveProperty("code");
  expect(answer.id ?? answer.name).toEqual(expect.any(String));
});

it("the demo runs its jobs to their ends, and says where the dashboard is", async () => {
  const { stdout } = await run("npm", ["run", "--silent", "demo"], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: "1" },
  });
  expect(stdout).toContain("url-audit");
  expect(stdout).toMatch(/http:\/\/127\.0\.0\.1:\d+\/ui\//);
}, 180_000);
