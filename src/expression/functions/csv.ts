import type { Json } from "../../lib/json.ts";

/** CSV as RFC 4180 has it, with any line ends. Own code: the smallest strict library is 8 KiB of the bundle. */

const END_OF_FIELD = /[,\r\n]|$/g;

/** Where the quotes that open before `from` close. */
function closingQuote(text: string, from: number, line: number): number {
  let at = text.indexOf('"', from);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  if (at < 0) throw new Error(`the quotes that open in row ${line} do not close`);
  return at;
}

interface Field {
  value: string;
  /** Behind it, where a comma, a line end, or nothing stands. */
  end: number;
}

function readField(text: string, start: number, row: number): Field {
  if (text[start] === '"') {
    const close = closingQuote(text, start + 1, row);
    return { value: text.slice(start + 1, close).replaceAll('""', '"'), end: close + 1 };
  }
  END_OF_FIELD.lastIndex = start;
  const end = END_OF_FIELD.exec(text)?.index ?? text.length;
  const value = text.slice(start, end);
  if (value.includes('"')) throw new Error(`row ${row} has quotes inside of a field that does not begin with them`);
  return { value, end };
}

/** Rows of fields; empty lines are none. */
function readRows(text: string): string[][] {
  const rows: string[][] = [];
  let fields: string[] = [];
  for (let at = 0; at < text.length || fields.length > 0; ) {
    const { value, end } = readField(text, at, rows.length + 1);
    const behind = text.startsWith("\r\n", end) ? "\r\n" : (text[end] ?? "");
    if (!["", ",", "\n", "\r", "\r\n"].includes(behind))
      throw new Error(`row ${rows.length + 1} has text behind quotes`);
    fields.push(value);
    at = end + behind.length;
    if (behind === ",") continue;
    if (fields.length > 1 || value !== "") rows.push(fields);
    fields = [];
  }
  return rows;
}

/** Objects by the header row, all text. Throws on rows of another length. */
export function readCsv(text: string): Json {
  const [names = [], ...rows] = readRows(text);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`the header row has ${JSON.stringify(twice)} twice`);
  return rows.map((row, i) => {
    if (row.length === names.length) return Object.fromEntries(names.map((name, column) => [name, row[column] ?? ""]));
    throw new Error(`row ${i + 2} has ${row.length} fields, and the header row ${names.length}`);
  });
}
