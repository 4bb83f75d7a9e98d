import type { Command } from "./command.ts";

const WIDTH = 22;

const optionLines = (options: Command["options"]): string[] =>
  Object.entries(options).map(([name, { type, summary }]) => {
    return `  ${`--${name}${type === "string" ? " VALUE" : ""}`.padEnd(WIDTH)} ${summary}`;
  });

export const helpOf = ({ name, usage, summary, options }: Command): string =>
  [
    `Usage: edge-jobs ${name} ${usage}`.trimEnd(),
    "",
    summary,
    "",
    ...optionLines(options),
    `  ${"--json".padEnd(WIDTH)} JSON also on a terminal`,
  ].join("\n");

export const overview = (commands: readonly Command[]): string =>
  [
    "Usage: edge-jobs COMMAND ...",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(WIDTH)} ${summary}`),
    `  ${"completion SHELL".padEnd(WIDTH)} Print a completion script for bash, zsh or fish.`,
    `  ${"help COMMAND".padEnd(WIDTH)} What a command takes.`,
    "",
    "Exit codes: 0 succeeded, 1 failed, 2 usage, 3 not found, 124 timed out.",
  ].join("\n");
