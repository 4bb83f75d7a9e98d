import type { Command } from "./command.ts";
import { wrapped } from "./table.ts";

const WIDTH = 24;
const INDENT = 2;

/** A name, and beside it what it is, in as many lines as that takes. */
const entry = (name: string, summary: string, columns: number): string[] => {
  const [first = "", ...more] = wrapped(summary, columns - WIDTH - INDENT - 1);
  return [`  ${name.padEnd(WIDTH)} ${first}`, ...more.map((line) => " ".repeat(WIDTH + INDENT + 1) + line)];
};

const optionLines = (options: Command["options"], columns: number): string[] =>
  Object.entries(options).flatMap(([name, { type, summary }]) =>
    entry(`--${name}${type === "string" ? " VALUE" : ""}`, summary, columns),
  );

/** @param columns of the terminal */
export const helpOf = ({ name, usage, summary, options }: Command, columns: number): string =>
  [
    `Usage: edge-jobs ${name} ${usage}`.trimEnd(),
    "",
    ...wrapped(summary, columns),
    "",
    ...optionLines(options, columns),
    ...entry("--json", "JSON also on a terminal", columns),
  ].join("\n");

export const overview = (commands: readonly Command[], columns: number): string =>
  [
    "Usage: edge-jobs COMMAND ...",
    "",
    ...commands.flatMap(({ name, summary }) => entry(name, summary, columns)),
    ...entry("completion SHELL", "Print a completion script for bash, zsh or fish.", columns),
    ...entry("help COMMAND", "What a command takes.", columns),
    "",
    "Exit codes: 0 succeeded, 1 failed, 2 usage, 3 not found, 124 timed out.",
  ].join("\n");
