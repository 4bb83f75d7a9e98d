import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, it } from "vitest";
import { ownTenant, type Place } from "../../support/server.ts";

/** The commands of the README that call a server, as somebody pastes them. */

const run = promisify(execFile);
const README = join(import.meta.dirname, "../../../README.md");

let place: Place;
let commands: string[];

beforeAll(async () => {
  place = await ownTenant();
  const text = await readFile(README, "utf8");
  commands = [...text.matchAll(/```sh\n(curl [\s\S]*?)```/g)].map(([, command = ""]) => command.trim());
});

/** On a server of its own port, which wants a key. */
async function pasted(command: string): Promise<Record<string, unknown>> {
  const here = command.replaceAll("http://localhost:8787", place.url);
  const { stdout } = await run("bash", ["-c", `${here} -H "Authorization: Bearer $KEY"`], {
    env: { ...process.env, KEY: place.key },
  });
  return JSON.parse(stdout);
}

it("run a job now, make a trigger of every weekday, and one of a webhook", async () => {
  expect(commands).toHaveLength(3);
  const [now = "", weekday = "", webhook = ""] = commands;
  expect(await pasted(now.replace('"wait_seconds": 20', '"wait_seconds": 0'))).toMatchObject({
    id: expect.stringMatching(/^job_/),
    blueprint: expect.stringMatching(/^url-audit@/),
  });
  expect(await pasted(weekday)).toMatchObject({ name: "morning-audit", next_runs: expect.any(Array) });
  const { url } = await pasted(webhook);
  expect(String(url)).toContain("/hooks/");
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ url: "https://example.com/" });
  const delivered = await fetch(String(url), { method: "POST", headers, body });
  expect(delivered.status).toBe(202);
});
