#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { EdgeJobs, EdgeJobsError } from "../../client/src/index.ts";
import { type Command, EXIT, type ExitCode, UsageError } from "./command.ts";
import { linesOf } from "./commands/channel-command.ts";
import { COMMANDS } from "./commands/index.ts";
import { completionScript, SHELLS } from "./completion.ts";
import { helpOf, overview } from "./help.ts";
import { type Output, processOutput } from "./output.ts";
import { loginOf } from "./settings.ts";

const commandOf = (name: string | undefined): Command => {
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) throw new UsageError(`There is no command "${name ?? ""}". edge-jobs help lists all.`);
  return command;
};

function help(name: string | undefined, out: Output): ExitCode {
  const { columns } = out.terminal;
  out.line(name === undefined ? overview(COMMANDS, columns) : helpOf(commandOf(name), columns));
  return EXIT.succeeded;
}

function completion(name: string | undefined, out: Output): ExitCode {
  const shell = SHELLS.find((each) => each === name);
  if (shell === undefined) throw new UsageError(`completion takes one of ${SHELLS.join(", ")}.`);
  out.line(completionScript(shell, COMMANDS));
  return EXIT.succeeded;
}

function argumentsOf(command: Command, args: string[]) {
  const options = Object.fromEntries(Object.entries(command.options).map(([name, { type }]) => [name, { type }]));
  const flags = { json: { type: "boolean" as const }, help: { type: "boolean" as const, short: "h" } };
  try {
    return parseArgs({ args, options: { ...options, ...flags }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function runCommand(name: string, args: string[], signal: AbortSignal): Promise<ExitCode> {
  const command = commandOf(name);
  const { values, positionals } = argumentsOf(command, args);
  const out = processOutput(values.json === true);
  if (values.help === true) return help(name, out);
  const login = await loginOf(process.env);
  return command.run({
    client: () => new EdgeJobs(login),
    url: () => login.url,
    out,
    positionals,
    values,
    readFile: (path) => readFile(path, "utf8"),
    readStdin: () => text(process.stdin),
    lines: linesOf(process.stdin),
    env: process.env,
    signal,
  });
}

async function main([name, ...rest]: string[], signal: AbortSignal): Promise<ExitCode> {
  const out = processOutput(false);
  if (name === undefined || name === "help" || name === "--help" || name === "-h") return help(rest[0], out);
  if (name === "completion") return completion(rest[0], out);
  return runCommand(name, rest, signal);
}

/** 404 is a job or blueprint that is not there; 422 arguments that are at fault. */
function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  if (!(error instanceof EdgeJobsError)) return EXIT.failed;
  if (error.status === 404) return EXIT.notFound;
  return error.status === 422 || error.status === 400 ? EXIT.usage : EXIT.failed;
}

const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort(new Error("Interrupted; what was submitted goes on.")));

try {
  process.exitCode = await main(process.argv.slice(2), interrupted.signal);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
