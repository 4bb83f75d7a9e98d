import { createParser } from "eventsource-parser";
import { parseJsonExactly } from "../../lib/exact-json.ts";
import type { Json } from "../../lib/json.ts";
import { oneLine } from "../../lib/safe-text.ts";
import { readCsv } from "./csv.ts";
import { readXml } from "./xml.ts";

function readJson(text: string): Json {
  const parsed = parseJsonExactly(text);
  if (parsed.ok) return parsed.value;
  throw new Error(parsed.error);
}

function readNdjson(text: string): Json {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const parsed = parseJsonExactly(line);
    if (parsed.ok) return [parsed.value];
    throw new Error(`line ${i + 1}: ${parsed.error}`);
  });
}

/** The last event counts also when the text ends without an empty line. */
function readSse(text: string): Json {
  const events: Json[] = [];
  const parser = createParser({
    onEvent: ({ event = "message", id, data }) => events.push({ event, ...(id !== undefined && { id }), data }),
  });
  parser.feed(`${text}\n\n`);
  return events;
}

const READERS: ReadonlyMap<string, (text: string) => Json> = new Map([
  ["json", readJson],
  ["csv", readCsv],
  ["xml", readXml],
  ["ndjson", readNdjson],
  ["sse", readSse],
]);

/** `$parse(text, format)`: what a text in one of these formats holds. What is no text is parsed already. */
export function parse(value: unknown, format = "json"): unknown {
  const read = READERS.get(format);
  if (read === undefined)
    throw new Error(`$parse: ${oneLine(format, 40)} is none of ${[...READERS.keys()].join(", ")}`);
  if (typeof value !== "string") return value;
  try {
    return read(value.replace(/^\uFEFF/, ""));
  } catch (problem) {
    const reason = problem instanceof RangeError ? "it is nested too deeply" : (problem as Error).message;
    throw new Error(`$parse: the text is no ${format}: ${oneLine(reason, 200)}`);
  }
}
