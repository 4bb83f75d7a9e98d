import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, it } from "vitest";
import { ownTenant, type Place } from "../../support/server.ts";

/** The commands of the README, and of other documents, that call a server, as somebody pastes them. */

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../../..");

let place: Place;
let commands: string[];

beforeAll(async () => {
  place = await ownTenant();
  const text = await readFile(join(ROOT, "README.md"), "utf8");
  commands = [...text.matchAll(/```sh\n(curl [\s\S]*?)```/g)].map(([, command = ""]) => command.trim());
});

/** On a server of its own port, which wants a key. */
async function pasted(command: string): Promise<Record<string, unknown>> {
  const here = command.replaceAll(/http:\/\/localhost:8787|https:\/\/jobs\.example\.com/g, place.url);
  const key = here.includes("Authorization") ? "" : ' -H "Authorization: Bearer $EDGE_JOBS_KEY"';
  const { stdout } = await run("bash", ["-c", `${here}${key}`], {
    env: { ...process.env, EDGE_JOBS_KEY: place.key },
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

const DOCUMENTS = globSync(["docs/*.md", "examples/**/*.md"], { cwd: ROOT });
const CURL = /^[ ]*```(?:sh|bash)?\n[ ]*(curl [\s\S]*?)^[ ]*```$/gm;

it("of every other document are taken by the server as they stand", async () => {
  const texts = await Promise.all(DOCUMENTS.map((document) => readFile(join(ROOT, document), "utf8")));
  const calls = texts.flatMap((text) => [...text.matchAll(CURL)].map(([, command = ""]) => command.trim()));
  expect(calls.length).toBeGreaterThan(2);
  for (const command of calls) {
    const answer = await pasted(command.replace(/"wait_seconds": \d+/, '"wait_seconds": 0'));
    expect([command, answer.code, answer.detail]).toEqual([command, undefined, undefined]);
  }
});
