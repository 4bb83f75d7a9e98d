import type { JobRow } from "../../client/src/index.ts";

/** What a command prints. */
export interface Output {
  /** Tables and bars for a person; else JSON. */
  isHuman: boolean;
  /** One line of the answer. */
  line: (text: string) => void;
  /** Beside the answer: for a person who waits. */
  note: (text: string) => void;
  /** Replaces the last note, where a terminal can. */
  progress: (text: string) => void;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what others wrote must not steer a terminal
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text of others as a terminal may have it. */
export const safe = (text: string): string => text.replace(CONTROLS, " ");

const MAX_CELL = 60;
const cellOf = (value: unknown): string => {
  const text = safe(
    value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value),
  );
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 1)}…` : text;
};

/** Rows under their names, as wide as the widest. */
export function table(rows: readonly object[], columns: readonly string[]): string[] {
  const cells = rows.map((row) => columns.map((column) => cellOf(Reflect.get(row, column))));
  const widths = columns.map((column, i) => Math.max(column.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const lineOf = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  return [columns.map((column) => column.toUpperCase()), ...cells].map(lineOf);
}

const BAR_CHARS = 20;

/** A bar, and where the job is. */
export function bar({ status, progress }: Pick<JobRow, "status" | "progress">, place: string): string {
  const done = Math.round(progress * BAR_CHARS);
  const percent = `${Math.round(progress * 100)}%`.padStart(4);
  return `${"█".repeat(done)}${"░".repeat(BAR_CHARS - done)} ${percent} ${status}${place === "" ? "" : `  ${safe(place)}`}`;
}

/** The value for a program, or its fields for a person. */
export function show(out: Output, value: object, columns?: readonly string[]): void {
  if (!out.isHuman) out.line(JSON.stringify(value));
  else if (columns) for (const line of table([value], columns)) out.line(line);
  else
    for (const [name, field] of Object.entries(value))
      if (field !== null) out.line(`${name.padEnd(16)} ${cellOf(field)}`);
}

/** Each row as a line of JSON, or all as a table. */
export function showRows(out: Output, rows: readonly object[], columns: readonly string[]): void {
  const lines = out.isHuman ? table(rows, columns) : rows.map((row) => JSON.stringify(row));
  for (const line of lines) out.line(line);
}

export function processOutput(wantsJson: boolean): Output {
  const isHuman = process.stdout.isTTY === true && !wantsJson;
  let isOpen = false;
  const note = (text: string) => {
    process.stderr.write(`${isOpen ? "\n" : ""}${text}\n`);
    isOpen = false;
  };
  return {
    isHuman,
    line: (text) => void process.stdout.write(`${text}\n`),
    note,
    progress: (text) => {
      if (process.stderr.isTTY !== true) return;
      process.stderr.write(`\r\u001b[2K${text}`);
      isOpen = true;
    },
  };
}
