import type { Job } from "../../jobs/job.ts";

/** The text that a listing by text looks through, and how an index finds it. Pure. */

/** Where a text is looked for: the jobs above the number `end` are not in the index. */
export interface TextLook {
  match: string;
  end: string;
}

export type Described = Pick<Job, "name" | "run" | "metadata" | "error">;

/** In lower case, as the text that is looked for. */
export const searchText = ({ name, run, metadata, error }: Described): string =>
  [name, run.description ?? "", JSON.stringify(metadata), error ?? ""].join("\n").toLowerCase();

export const hasSameText = (a: Described, b: Described): boolean =>
  a.name === b.name && a.error === b.error && a.metadata === b.metadata && a.run.description === b.run.description;

/** SQLite ends a text at this character; half a character cannot be stored. */
const NUL = /\0/g;
const REPLACEMENT = "\uFFFD";

/** As SQLite holds it. */
export const storable = (text: string): string => text.toWellFormed().replace(NUL, " ");

const LENGTH = 3;

/** Every three characters in a row, each once; none of a shorter text, nor around half a character. */
export function trigrams(text: string): string[] {
  const characters = [...storable(text)];
  const all = characters.slice(LENGTH - 1).map((_, i) => characters.slice(i, i + LENGTH).join(""));
  return [...new Set(all)].filter((trigram) => !trigram.includes(REPLACEMENT));
}
