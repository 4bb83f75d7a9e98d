/** Rows for a person, in a terminal of some width. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: what others wrote must not steer a terminal
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text of others as a terminal may have it. */
export const safe = (text: string): string => text.replace(CONTROLS, " ");

const MAX_CELL = 60;
/** A column with less says nothing. */
const MIN_CELL = 10;
const GAP = 2;

/** Colours of a terminal. */
const INKS: Readonly<Record<string, number>> = {
  succeeded: 32,
  failed: 31,
  running: 34,
  waiting: 33,
  input_required: 33,
  cancelled: 90,
  queued: 90,
  pending: 90,
};
const BOLD = 1;

/** A terminal, as far as it matters to what is printed. */
export interface Terminal {
  columns: number;
  hasColour: boolean;
}

export const inked = (text: string, ink: number | undefined, { hasColour }: Terminal): string =>
  hasColour && ink !== undefined ? `\u001b[${ink}m${text}\u001b[0m` : text;

/** A status in its colour. */
export const painted = (status: string, terminal: Terminal): string => inked(status, INKS[status], terminal);

/** What is copied or looked at first is never cut. */
const isWhole = (column: string): boolean => /(?:^|_)(?:id|at)$|^(?:status|sample)$/.test(column);

const two = (part: number): string => String(part).padStart(2, "0");

/** In the zone of who reads it, to the second. */
function localTime(text: string): string {
  const at = new Date(text);
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":")}`;
}

const isTime = (value: unknown): value is string =>
  typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value));

const isMoment = (column: string): boolean => /(?:^|_)at$/.test(column);

function textOf(column: string, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (column === "progress" && typeof value === "number") return `${Math.round(value * 100)}%`;
  if (isMoment(column) && isTime(value)) return localTime(value);
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export const cut = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, Math.max(width - 1, 0))}…` : text;

/** A value of a field, whole. */
export const cellOf = (column: string, value: unknown): string => safe(textOf(column, value));

interface Column {
  name: string;
  cells: string[];
  width: number;
}

const roomOf = (columns: readonly Column[]): number =>
  columns.reduce((sum, { width }) => sum + width, 0) + GAP * (columns.length - 1);

const least = ({ name, width }: Column): number => (isWhole(name) ? width : Math.min(width, MIN_CELL));

/** The columns that have room: the last ones are left out, then the widest made narrower. */
function fitted(columns: readonly Column[], room: number): Column[] {
  const kept = columns.map((column) => ({ ...column }));
  const leastRoom = () => roomOf(kept.map((column) => ({ ...column, width: least(column) })));
  while (kept.length > 2 && leastRoom() > room) kept.pop();
  for (let over = roomOf(kept) - room; over > 0; over--) {
    const [widest] = kept.filter((column) => column.width > least(column)).toSorted((a, b) => b.width - a.width);
    if (widest === undefined) break;
    widest.width--;
  }
  return kept;
}

/** Rows under the names of their columns, the most important first; a column in which nothing stands is left out. */
export function table(rows: readonly object[], names: readonly string[], terminal: Terminal): string[] {
  const columns = names.map((name): Column => {
    const cells = rows.map((row) => cut(cellOf(name, Reflect.get(row, name)), MAX_CELL));
    return { name, cells, width: Math.max(name.length, ...cells.map(({ length }) => length)) };
  });
  const filled = columns.filter(({ cells }) => rows.length === 0 || cells.some((cell) => cell !== ""));
  const shown = fitted(filled, terminal.columns);
  const last = shown.length - 1;
  const lineOf = (cell: (column: Column) => string, paint: (text: string, column: Column) => string) =>
    shown
      .map((column, i) => {
        const text = cut(cell(column), column.width);
        return paint(text, column) + (i === last ? "" : " ".repeat(column.width - text.length + GAP));
      })
      .join("")
      .trimEnd();
  const head = lineOf(
    ({ name }) => name.toUpperCase(),
    (text) => inked(text, BOLD, terminal),
  );
  const body = rows.map((_, i) =>
    lineOf(
      ({ cells }) => cells[i] ?? "",
      (text, { name }) => (name === "status" ? painted(text, terminal) : text),
    ),
  );
  return [head, ...body];
}

/** Fields under each other, their names in front. */
export function fields(value: object, terminal: Terminal): string[] {
  const shown = Object.entries(value).flatMap(([name, field]): [string, string][] => {
    const text = cellOf(name, field);
    return text === "" || text === "{}" ? [] : [[name, text]];
  });
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.flatMap(([name, text]) => {
    const [first = "", ...more] = wrapped(text, terminal.columns - width - GAP);
    const label = inked(name.padEnd(width), BOLD, terminal);
    const value = name === "status" ? painted(first, terminal) : first;
    return [`${label}  ${value}`, ...more.map((line) => " ".repeat(width + GAP) + line)];
  });
}

const MIN_TEXT = 30;

/** In lines of that width, cut between words where that goes. */
export function wrapped(text: string, width: number): string[] {
  const room = Math.max(width, MIN_TEXT);
  const lines: string[] = [];
  let left = text;
  while (left.length > room) {
    const space = left.lastIndexOf(" ", room);
    const at = space > room / 2 ? space : room;
    lines.push(left.slice(0, at).trimEnd());
    left = left.slice(at).trimStart();
  }
  return [...lines, left];
}
