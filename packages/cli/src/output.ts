import type { JobRow } from "../../client/src/index.ts";
import { cut, fields, painted, safe, type Terminal, table } from "./table.ts";

/** What a command prints. */
export interface Output {
  /** Tables and bars for a person; else JSON. */
  isHuman: boolean;
  terminal: Terminal;
  /** One line of the answer. */
  line: (text: string) => void;
  /** Beside the answer: for a person who waits. */
  note: (text: string) => void;
  /** Replaces the last note, where a terminal can. */
  progress: (text: string) => void;
}

const BAR_CHARS = 20;

/** A bar, and where the job is, in one line of the terminal. */
export function bar(
  { status, progress }: Pick<JobRow, "status" | "progress">,
  place: string,
  terminal: Terminal,
): string {
  const done = Math.round(progress * BAR_CHARS);
  const drawn = `${"█".repeat(done)}${"░".repeat(BAR_CHARS - done)} ${`${Math.round(progress * 100)}%`.padStart(4)}`;
  const room = terminal.columns - drawn.length - status.length - 4;
  return `${drawn} ${painted(status, terminal)}${place === "" ? "" : `  ${cut(safe(place), room)}`}`;
}

/** The value for a program, or its fields for a person. */
export function show(out: Output, value: object, columns?: readonly string[]): void {
  if (!out.isHuman) out.line(JSON.stringify(value));
  else for (const line of columns ? table([value], columns, out.terminal) : fields(value, out.terminal)) out.line(line);
}

/** Each row as a line of JSON, or all as a table. */
export function showRows(out: Output, rows: readonly object[], columns: readonly string[]): void {
  const lines = out.isHuman ? table(rows, columns, out.terminal) : rows.map((row) => JSON.stringify(row));
  for (const line of lines) out.line(line);
}

/** A table under its title, when there is anything in it. */
export function showPart(out: Output, title: string, rows: readonly object[], columns: readonly string[]): void {
  if (rows.length === 0) return;
  out.line(`\n${title}`);
  showRows(out, rows, columns);
}

const DEFAULT_COLUMNS = 80;

/** @see https://no-color.org */
const terminalOf = ({ NO_COLOR, TERM }: NodeJS.ProcessEnv): Terminal => ({
  columns: process.stdout.columns ?? process.stderr.columns ?? DEFAULT_COLUMNS,
  hasColour: process.stdout.isTTY === true && !NO_COLOR && TERM !== "dumb",
});

export function processOutput(wantsJson: boolean): Output {
  const isHuman = process.stdout.isTTY === true && !wantsJson;
  let isOpen = false;
  // The line of a bar has had its time.
  const clear = () => {
    if (isOpen) process.stderr.write("\r\u001b[2K");
    isOpen = false;
  };
  return {
    isHuman,
    terminal: terminalOf(process.env),
    line: (text) => {
      clear();
      process.stdout.write(`${text}\n`);
    },
    note: (text) => {
      clear();
      process.stderr.write(`${text}\n`);
    },
    progress: (text) => {
      if (process.stderr.isTTY !== true) return;
      process.stderr.write(`\r\u001b[2K${text}`);
      isOpen = true;
    },
  };
}
