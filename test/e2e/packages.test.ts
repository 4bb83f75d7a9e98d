import { type ExecFileException, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/lib/json.ts";
import { startServer } from "../../tooling/servers/workerd-server.ts";
import { launchBrowser, NO_BROWSER } from "../support/browser/browser.ts";
import { ownTenant, type Place } from "../support/server.ts";

/** Both packages as npm packs them, installed into an empty project, against a real server. */

/** Another Node than the one that runs the tests, to try the packages on. */
const NODE = process.env.PACKAGES_NODE ?? process.execPath;
const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);
const SECONDS = 1_000;

let folder: string;
let place: Place;

async function packed(name: string): Promise<string> {
  const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", folder], {
    cwd: join(ROOT, "packages", name),
  });
  return join(folder, stdout.trim().split("\n").at(-1) ?? "");
}

beforeAll(async () => {
  place = await ownTenant();
  folder = await mkdtemp(join(tmpdir(), "edge-jobs-packages-"));
  await writeFile(join(folder, "package.json"), '{"name":"empty","private":true,"type":"module"}');
  const files = [await packed("client"), await packed("cli")];
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", ...files], { cwd: folder });
}, 120 * SECONDS);
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** One command line, as a shell gets it. */
async function edgeJobs(
  args: string[],
  { stdin = "", env = {} }: { stdin?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  const login = { EDGE_JOBS_URL: place.url, EDGE_JOBS_KEY: place.key, EDGE_JOBS_CONFIG: join(folder, "login.json") };
  const ended = run(NODE, [join(folder, "node_modules/.bin/edge-jobs"), ...args], {
    cwd: folder,
    env: { ...process.env, ...login, ...env },
  });
  ended.child.stdin?.end(stdin);
  try {
    return { code: 0, ...(await ended) };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as ExecFileException & { stdout?: string; stderr?: string };
    return { code: Number(code), stdout, stderr };
  }
}

const AUTHORIZED = () => ({ headers: { authorization: `Bearer ${place.key}` } });
const jsonOf = ({ stdout }: Ended): JsonObject => JSON.parse(stdout);
const plan = (steps: JsonObject[]): string => JSON.stringify({ name: "packed", steps });
const DOUBLE = plan([{ id: "twice", type: "transform", value: { n: "{% $input.n * 2 %}" } }]);
const FAILS = plan([{ id: "no", type: "http", url: "http://10.0.0.1/", retry: { limit: 0 } }]);
const SLEEPS = plan([{ id: "nap", type: "sleep", for: "1 hour" }]);
const ASKS = plan([
  {
    id: "ask",
    type: "input",
    message: "Go on?",
    link: true,
    schema: { type: "object", properties: { "it's": { type: "string" } } },
  },
]);

/** A program that uses the client as it was installed. */
async function bundled(program: string, format: "esm" | "iife"): Promise<string> {
  const contents = `import { EdgeJobs } from "@edge-jobs/client";\n${program}`;
  const stdin = { contents, resolveDir: folder };
  const { outputFiles } = await build({ stdin, bundle: true, format, target: "es2022", write: false });
  return outputFiles[0]?.text ?? "";
}

/** What each place does with the client: a call, a stream, a list. */
const DOUBLES = `async (jobs) => {
  const job = await jobs.submit({ blueprint: ${DOUBLE}, input: { n: 21 } });
  const statuses = [];
  for await (const change of jobs.follow(job.id)) if (change.type === "job") statuses.push(change.job.status);
  const listed = [];
  for await (const row of jobs.list({ limit: 2 })) if (row.id === job.id) listed.push(row.status);
  return { last: statuses.at(-1), listed, result: await jobs.result(job.id) };
}`;
const DOUBLED = { last: "succeeded", listed: ["succeeded"], result: { n: 42 } };

describe("the client, installed", () => {
  it("has no dependency, and runs a job", async () => {
    const manifest = JSON.parse(await readFile(join(folder, "node_modules/@edge-jobs/client/package.json"), "utf8"));
    expect(manifest.dependencies).toBeUndefined();
    const program = `
      import { EdgeJobs } from "@edge-jobs/client";
      const jobs = new EdgeJobs({ url: process.argv[2], key: process.argv[3] });
      const job = await jobs.submit({ blueprint: ${DOUBLE}, input: { n: 21 } });
      const seen = [];
      for await (const change of jobs.follow(job.id)) if (change.type === "job") seen.push(change.job.status);
      console.log(JSON.stringify({ last: seen.at(-1), result: await jobs.result(job.id) }));`;
    await writeFile(join(folder, "program.js"), program);
    const { stdout } = await run(NODE, ["program.js", place.url, place.key], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual({ last: "succeeded", result: { n: 42 } });
  });

  it("runs a job in workerd", async () => {
    const script = await bundled(
      `export default { fetch: async () => {
        const jobs = new EdgeJobs(${JSON.stringify({ url: place.url, key: place.key })});
        return Response.json(await (${DOUBLES})(jobs));
      } };`,
      "esm",
    );
    const worker = new Miniflare(
      convertV4MiniflareOptions({
        modules: true,
        script,
        compatibilityDate: "2026-10-29",
        log: new Log(LogLevel.NONE),
      }),
    );
    try {
      const response = await worker.dispatchFetch("http://localhost/");
      expect(await response.json()).toEqual(DOUBLED);
    } finally {
      await worker.dispose();
    }
  });

  it("runs a job in a browser", async ({ skip }) => {
    const browser = await launchBrowser();
    if (browser === undefined) return skip(NO_BROWSER);
    try {
      const page = await browser.newPage();
      await page.goto(`${place.url}/ui/`);
      await page.evaluate(await bundled("globalThis.EdgeJobs = EdgeJobs;", "iife"));
      const jobs = `new EdgeJobs({ url: location.origin, key: ${JSON.stringify(place.key)} })`;
      expect(await page.evaluate(`(${DOUBLES})(${jobs})`)).toEqual(DOUBLED);
    } finally {
      await browser.close();
    }
  });
});

describe("the command line, installed", () => {
  it("runs a plan from stdin with its input, and prints the result alone", async () => {
    const ended = await edgeJobs(["run", "-", "--input", '{"n": 4}'], { stdin: DOUBLE });
    expect(ended).toMatchObject({ code: 0, stdout: '{"n":8}\n' });
  });

  it("takes all arguments of a submit from a file, and what it is told beside them first", async () => {
    const whole = JSON.stringify({ blueprint: JSON.parse(DOUBLE), input: { n: 5 }, name: "whole" });
    expect((await edgeJobs(["run", "-"], { stdin: whole })).stdout).toBe('{"n":10}\n');
    const told = jsonOf(await edgeJobs(["submit", "-", "--input", '{"n": 6}'], { stdin: whole }));
    expect(told).toMatchObject({ name: "whole" });
    expect((await edgeJobs(["wait", String(told.id), "--timeout", "30"])).code).toBe(0);
    expect(jsonOf(await edgeJobs(["get", String(told.id)]))).toMatchObject({ result: { n: 12 } });
  });

  it("exits with 1 for a job that fails, 2 for what is not valid, 3 for what is not there, 124 when the time is over", async () => {
    const failed = await edgeJobs(["run", "-"], { stdin: FAILS });
    expect(failed).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("failed") });
    const sleeps = await edgeJobs(["run", "-", "--timeout", "1"], { stdin: SLEEPS });
    expect(sleeps.code).toBe(124);
    const codes = await Promise.all(
      [
        ["get", "no-such-job"],
        ["blueprints", "get", "nothing"],
        ["submit", "-"],
        ["get"],
        ["none"],
        ["list", "--none"],
      ].map(async (args) => (await edgeJobs(args, { stdin: "{" })).code),
    );
    expect(codes).toEqual([3, 3, 2, 2, 2, 2]);
  });

  it("submits, follows, answers, lists, cancels, retries and deletes", async () => {
    const id = String(jsonOf(await edgeJobs(["submit", "-", "--metadata", '{"of":"cli"}'], { stdin: ASKS })).id);
    const asked = await edgeJobs(["wait", id, "--timeout", "30"]);
    expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining(`edge-jobs respond ${id}`) });
    expect(asked.stderr).toContain(`--content '{"it'\\''s": ...}'`);
    const [, request = ""] = /respond \S+ (\S+) accept/.exec(asked.stderr) ?? [];
    expect((await edgeJobs(["respond", id, request, "accept", "--content", "{}"])).code).toBe(0);
    const followed = await edgeJobs(["tail", id]);
    expect(followed.code).toBe(0);
    expect(followed.stdout.trim().split("\n").at(-1)).toContain('"status":"succeeded"');
    expect(jsonOf(await edgeJobs(["list", "--metadata", '{"of":"cli"}']))).toMatchObject({ id, status: "succeeded" });
    expect(jsonOf(await edgeJobs(["get", id, "--steps"]))).toMatchObject({ id, steps: [{ id: "ask" }] });
    expect(jsonOf(await edgeJobs(["retry", id, "--from", "ask"]))).toMatchObject({ retried_from: id });
    expect(jsonOf(await edgeJobs(["cancel", id]))).toMatchObject({ changed: false });
    expect(jsonOf(await edgeJobs(["delete", id]))).toEqual({ id, deleted: true });
  });

  it("keeps blueprints, and prints what a key did", async () => {
    await writeFile(join(folder, "plan.json"), DOUBLE);
    expect(jsonOf(await edgeJobs(["blueprints", "save", "plan.json"]))).toEqual({ name: "packed", version: 1 });
    expect(jsonOf(await edgeJobs(["submit", "packed", "--input", '{"n":1}', "--dry-run"]))).toMatchObject({
      valid: true,
    });
    expect(jsonOf(await edgeJobs(["blueprints", "get", "packed", "--version", "1"]))).toMatchObject({
      source: "saved",
    });
    expect((await edgeJobs(["blueprints", "delete", "packed"])).code).toBe(0);
    expect((await edgeJobs(["keys", "audit"])).stdout).toContain("blueprint");
  });

  it("remembers a server and a key that works, for its owner alone", async () => {
    const unset = { EDGE_JOBS_URL: undefined, EDGE_JOBS_KEY: undefined };
    const wrong = await edgeJobs(["login", "--url", place.url], { stdin: "wrong\n", env: unset });
    expect(wrong.code).toBe(1);
    expect((await edgeJobs(["login", "--url", place.url], { stdin: `${place.key}\n`, env: unset })).code).toBe(0);
    expect((await stat(join(folder, "login.json"))).mode & 0o777).toBe(0o600);
    expect((await edgeJobs(["list"], { env: unset })).code).toBe(0);
    // The key is for that server only.
    const elsewhere = { EDGE_JOBS_URL: place.url.replace("127.0.0.1", "localhost"), EDGE_JOBS_KEY: undefined };
    expect(await edgeJobs(["list"], { env: elsewhere })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("key"),
    });
    expect((await edgeJobs(["open", "job_x"], { env: unset })).stdout).toBe(`${place.url}/ui/#/jobs/job_x\n`);
  });

  it("works: a real program does what a step offers, and events tell of its end", async () => {
    const listening = await fetch(`${place.url}/api/v1/events`, AUTHORIZED());
    const cursor = String(JSON.parse(await listening.text()).next_cursor);
    const steps = [{ id: "upper", type: "worker", queue: "shell", input: { text: "{% $input.text %}" } }];
    const submitted = await edgeJobs(["submit", "-", "--input", '{"text": "loud"}'], { stdin: plan(steps) });
    const id = String(jsonOf(submitted).id);
    const worker = spawn(
      NODE,
      [join(folder, "node_modules/.bin/edge-jobs"), "work", "--queues", "shell", "--", "tr", "a-z", "A-Z"],
      {
        env: { ...process.env, EDGE_JOBS_URL: place.url, EDGE_JOBS_KEY: place.key },
        stdio: "ignore",
      },
    );
    try {
      expect((await edgeJobs(["wait", id, "--timeout", "30"])).code).toBe(0);
    } finally {
      worker.kill("SIGINT");
    }
    expect((await edgeJobs(["get", id, "--pointer", "/TEXT"])).stdout).toBe("LOUD\n");
    const told = await edgeJobs(["events", "--cursor", cursor, "--names", "job.settled", "--job", id, "--limit", "1"]);
    expect(jsonOf(told)).toMatchObject({ name: "job.settled", data: { job_id: id, status: "succeeded" } });
  });

  it("works on over a death of its server: what is being done is told after it, and the next step is taken", async () => {
    const server = await startServer();
    const program = join(folder, "hash.sh");
    await writeFile(
      program,
      'path=$(sed \'s/.*"path":"\\([^"]*\\)".*/\\1/\'); sleep 3; sha256sum "$path" | cut -d " " -f 1\n',
    );
    const hashed = createHash("sha256")
      .update(await readFile(program))
      .digest("hex");
    const here = { EDGE_JOBS_URL: server.url, EDGE_JOBS_KEY: undefined };
    const steps = [{ id: "hash", type: "worker", queue: "hashes", input: { path: program } }];
    const submit = async () => String(jsonOf(await edgeJobs(["submit", "-"], { stdin: plan(steps), env: here })).id);
    const leased = async () => {
      const { queues } = jsonOf(await edgeJobs(["stats"], { env: here })) as { queues: { leased: number }[] };
      return queues[0]?.leased;
    };
    const args = [join(folder, "node_modules/.bin/edge-jobs"), "work", "--queues", "hashes", "--", "sh", program];
    const worker = spawn(NODE, args, { env: { ...process.env, ...here }, stdio: "ignore" });
    const ended = once(worker, "exit");
    try {
      const before = await submit();
      await expect.poll(leased, { timeout: 20 * SECONDS }).toBe(1);
      await server.kill9();
      await new Promise((resolve) => setTimeout(resolve, 4 * SECONDS));
      await server.restart();
      const after = await submit();
      expect((await edgeJobs(["wait", before, after, "--timeout", "50"], { env: here })).code).toBe(0);
      for (const id of [before, after]) {
        const { result, steps } = jsonOf(await edgeJobs(["get", id, "--steps"], { env: here }));
        expect([result, steps]).toMatchObject([{ value: hashed }, [{ tries: 1 }]]);
      }
    } finally {
      worker.kill("SIGINT");
      await server.stop();
    }
    expect(await ended).toEqual([0, null]);
  });

  it("sets secrets from stdin, lists them without values, and deletes them", async () => {
    const set = await edgeJobs(["secrets", "set", "TOKEN", "--host", "api.example.com,*.example.org"], {
      stdin: "from-stdin-77\n",
    });
    expect(jsonOf(set)).toMatchObject({ name: "TOKEN", hosts: ["api.example.com", "*.example.org"] });
    const listed = await edgeJobs(["secrets"]);
    expect(jsonOf(listed)).toMatchObject({ secrets: [{ name: "TOKEN" }], need_previous: 0 });
    expect(listed.stdout).not.toContain("from-stdin");
    expect(jsonOf(await edgeJobs(["secrets", "delete", "TOKEN"]))).toEqual({ name: "TOKEN", deleted: true });
    const codes = await Promise.all(
      [
        ["secrets", "delete", "TOKEN"],
        ["secrets", "set", "TOKEN"],
        ["secrets", "set", "TOKEN", "value-in-sight", "--host", "*"],
        ["secrets", "set", "lower", "--host", "*"],
      ].map(async (args) => (await edgeJobs(args, { stdin: "a long value" })).code),
    );
    expect(codes).toEqual([3, 2, 2, 2]);
  });

  it("says how jobs went", async () => {
    expect((await edgeJobs(["run", "-", "--input", '{"n": 1}'], { stdin: DOUBLE })).code).toBe(0);
    const stats = jsonOf(await edgeJobs(["stats", "--period", "1 hour", "--group-by", "blueprint"]));
    expect(stats).toMatchObject({ statuses: { succeeded: expect.any(Number) }, groups: expect.any(Array) });
    expect((await edgeJobs(["stats", "--period", "soon"])).code).toBe(2);
  });

  it("wakes a host of MCP that speaks the handshake of before: a channel message for each job that settles", async () => {
    const host = new Client({ name: "scripted-host", version: "1" });
    const woken: unknown[] = [];
    const message = new Promise<void>((resolve) => {
      host.fallbackNotificationHandler = async ({ method, params }) => {
        woken.push({ method, params });
        resolve();
      };
    });
    const server = {
      command: NODE,
      args: [join(folder, "node_modules/.bin/edge-jobs"), "channel", "--names", "job.settled"],
      env: { PATH: process.env.PATH ?? "", EDGE_JOBS_URL: place.url, EDGE_JOBS_KEY: place.key },
    };
    const transport = new StdioClientTransport(server);
    await host.connect(transport);
    try {
      expect(host.getServerCapabilities()).toEqual({ experimental: { "claude/channel": {} } });
      await host.ping();
      await expect(host.listTools()).rejects.toThrow();
      // Its place in the events is the moment in which its stream is answered.
      const submitted = [];
      let isOver = false;
      void message.then(() => {
        isOver = true;
      });
      while (!isOver) {
        submitted.push(jsonOf(await edgeJobs(["submit", "-", "--input", '{"n": 1}'], { stdin: DOUBLE })).id);
        await Promise.race([message, new Promise((resolve) => setTimeout(resolve, 500))]);
      }
      const [first] = woken as { method: string; params: { content: string; meta: JsonObject } }[];
      expect(first?.method).toBe("notifications/claude/channel");
      expect(submitted).toContain(first?.params.meta.job_id);
      expect(first?.params.content).toBe(
        `Job ${first?.params.meta.job_id} "packed" succeeded. Read it with jobs_get_status.`,
      );
      for (const [name, value] of Object.entries(first?.params.meta ?? {})) {
        expect([name, typeof value]).toEqual([expect.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]*$/), "string"]);
      }
    } finally {
      await host.close();
    }
  });

  it("does what its documents say, as somebody pastes it", async () => {
    const texts = await Promise.all(
      ["packages/cli/README.md", "docs/operations.md"].map((path) => readFile(join(ROOT, path), "utf8")),
    );
    const lines = texts.flatMap((text) =>
      [...text.matchAll(/^ *(edge-jobs .*?)(?: +#.*)?$/gm)].map(([, line = ""]) => line),
    );
    expect(lines.length).toBeGreaterThan(8);
    await writeFile(join(folder, "token.txt"), "a-token-of-some-length");
    await writeFile(join(folder, "plan.json"), DOUBLE);
    await writeFile(join(folder, "render.sh"), "#!/bin/sh\ncat\n", { mode: 0o755 });
    const id = String(jsonOf(await edgeJobs(["submit", "-", "--input", '{"n": 1}'], { stdin: DOUBLE })).id);
    const env = {
      ...process.env,
      ...{ EDGE_JOBS_URL: place.url, EDGE_JOBS_KEY: place.key, EDGE_JOBS_CONFIG: join(folder, "pasted.json") },
      PATH: `${join(folder, "node_modules/.bin")}:${process.env.PATH}`,
    };
    for (const line of lines) {
      const here = line.replaceAll("https://jobs.example.com", place.url).replaceAll("job_...", id);
      // A worker goes on until it is stopped; what needs the internet may fail without it.
      const isEndless = /^edge-jobs (?:work|channel|events)/.test(here);
      const command = isEndless ? `timeout -s INT 2 ${here}; [ $? = 124 ]` : here;
      const pasted = run("bash", ["-c", command], { cwd: folder, env });
      pasted.child.stdin?.end(place.key);
      const code = await pasted.then(
        () => 0,
        (error: ExecFileException) => error.code,
      );
      expect([line, code]).toEqual([line, here.startsWith("edge-jobs run") ? code : 0]);
      expect(code).toBeLessThan(2);
    }
  });

  it("prints help, and completions that a shell takes", async () => {
    expect((await edgeJobs(["help", "run"])).stdout).toContain("--input");
    const { stdout } = await edgeJobs(["completion", "bash"]);
    const words = "COMP_WORDS=(edge-jobs blueprints ''); COMP_CWORD=2; _edge_jobs; printf '%s ' $" + "{COMPREPLY[@]}";
    const completed = await run("bash", ["-c", `${stdout}\n${words}`]);
    expect(completed.stdout).toContain("list get save delete --version");
    expect((await edgeJobs(["completion", "fish"])).stdout).toContain("complete -c edge-jobs");
    expect((await edgeJobs(["completion", "zsh"])).stdout).toContain("#compdef edge-jobs");
  });
});
