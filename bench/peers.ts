import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../tooling/servers/free-port.ts";
import type { Case } from "./cases.ts";
import { parseAnswer } from "./load/load.ts";
import { bodyOf, ERAS, type Era, headersOf, toolCall } from "./mcp.ts";

/** What runs on Node beside it: context, not limits, since Node and workerd do different work for a request. */

const FOLDER = join(import.meta.dirname, "peers");
const REDIS = "/usr/bin/redis-server";

export interface Peers {
  cases: Case[];
  /** Why a peer is not there. */
  skipped: string[];
  stop(): void;
}

/** @returns why it cannot be done */
function install(): string | undefined {
  if (existsSync(join(FOLDER, "node_modules/bullmq"))) return undefined;
  console.log("installing the peers into bench/peers, once");
  const { status, stderr } = spawnSync("npm", ["ci", "--ignore-scripts", "--prefix", FOLDER], { encoding: "utf8" });
  const why = stderr
    .split("\n")
    .filter((line) => line.startsWith("npm error"))
    .slice(0, 3)
    .join(" ");
  return status === 0 ? undefined : `npm ci --prefix bench/peers failed: ${why}`;
}

/** Resolves with what the process says about where it listens. */
function portOf(child: ChildProcess, name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stdout?.on("data", (chunk) => {
      said += chunk;
      const [, port] = /listening on (\d+)/.exec(said) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}\n${said}`)));
  });
}

const HTTP = { "content-type": "application/json" };

const TEXT = ["result", "content", 0, "text"] as const;

/** A job to ask for, submitted by the protocol of 2025, which all of them speak. */
async function firstJob(origin: string): Promise<string> {
  const message = toolCall("submit", {});
  const request = { method: "POST", headers: headersOf("2025", message), body: bodyOf("2025", message).join("1") };
  const answer = parseAnswer(await (await fetch(`${origin}/mcp`, request)).text());
  return (answer as { result: { content: [{ text: string }] } }).result.content[0].text;
}

function mcpCases(name: string, origin: string, era: Era, job: string): Case[] {
  const make = (tool: "status" | "submit", args: object, expect: Case["expect"]): Case => ({
    ...{ origin, path: "/mcp", numberAt: ["id"], expect },
    ...{ name: `${name}_${tool}_${era}`, limit: tool === "status" ? "read" : "insert" },
    headers: headersOf(era, toolCall(tool, args)),
    body: bodyOf(era, toolCall(tool, args)),
  });
  return [
    make("status", { id: (JSON.parse(job) as { id: string }).id }, [[TEXT, job]]),
    make("submit", {}, [[[...TEXT, "length"], job.length]]),
  ];
}

async function queueCases(origin: string): Promise<Case[]> {
  const response = await fetch(`${origin}/submit`, { method: "POST", headers: HTTP, body: '{"n":0}' });
  const { id } = (await response.json()) as { id: string };
  const shared = { origin, headers: HTTP, numberAt: ["n"] };
  const status = { ...shared, name: "bullmq_status", limit: "read", path: "/status" };
  const submit = { ...shared, name: "bullmq_submit", limit: "insert", path: "/submit" };
  return [
    {
      ...status,
      body: [`{"id":"${id}","n":`, "}"],
      expect: [
        [["id"], id],
        [["status"], "delayed"],
      ],
    },
    { ...submit, body: ['{"n":', "}"], expect: [[["status"], "delayed"]] },
  ];
}

/** Redis as durable as the others: every write reaches the disk before it is acknowledged. */
async function startRedis(folder: string, run: (command: string, args: string[]) => ChildProcess): Promise<number> {
  const port = await freePort();
  const redis = run(REDIS, [
    ...["--bind", "127.0.0.1", "--port", `${port}`, "--dir", folder, "--save", ""],
    ...["--appendonly", "yes", "--appendfsync", "always"],
  ]);
  await new Promise<void>((resolve, reject) => {
    redis.stdout?.on("data", (chunk) => String(chunk).includes("Ready to accept") && resolve());
    redis.once("exit", (code) => reject(new Error(`redis-server ended with ${code}`)));
  });
  return port;
}

/** Processes that end with this one, however it ends. */
function startGroup() {
  const folder = mkdtempSync(join(tmpdir(), "edge-jobs-peers-"));
  const children: ChildProcess[] = [];
  const stop = () => {
    process.off("exit", stop);
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", stop);
  const run = (command: string, args: string[]) => {
    const child = spawn(command, args, { cwd: FOLDER, stdio: ["pipe", "pipe", "inherit"] });
    children.push(child);
    return child;
  };
  /** A server of bench/peers: its origin. */
  const serve = async (name: string, ...args: string[]) =>
    `http://127.0.0.1:${await portOf(run(process.execPath, [`${name}.mjs`, ...args]), name)}`;
  return { folder, run, serve, stop };
}

export async function startPeers(): Promise<Peers> {
  const cannot = install();
  if (cannot !== undefined) return { cases: [], skipped: [`peers on Node: ${cannot}`], stop: () => {} };
  const { folder, run, serve, stop } = startGroup();
  const sdk = await serve("sdk-map");
  const fastmcp = await serve("fastmcp");
  const job = await firstJob(sdk);
  const cases = [
    ...ERAS.flatMap((era) => mcpCases("node_sdk", sdk, era, job)),
    ...mcpCases("node_fastmcp", fastmcp, "2025", await firstJob(fastmcp)),
  ];
  if (!existsSync(REDIS)) return { cases, skipped: ["BullMQ: redis-server is not installed"], stop };
  const queue = await serve("bullmq", `${await startRedis(folder, run)}`);
  return { cases: [...cases, ...(await queueCases(queue))], skipped: [], stop };
}
