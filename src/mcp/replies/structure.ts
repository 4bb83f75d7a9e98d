import { escapeInvisible } from "../../lib/safe-text.ts";

/**
 * The half of a reply that programs read. Some hosts show their model nothing else, so what is hidden in a text is escaped
 * here too; `job://` resources and jobs_get_result's bytes count the text as it was.
 */

export interface Fields {
  [name: string]: unknown;
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** The fields that say something, and those that are always there. */
export const withoutEmpty = (fields: Fields, always: readonly string[] = []): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name, value]) => always.includes(name) || !isEmpty(value)));

/** Controls and half surrogates, which JSON writes as escapes. */
const ESCAPED = /\\[bfru]/;

/** Whether nothing is hidden in a value of this JSON text: most have nothing, which one look at the whole tells. */
export const isAllVisible = (json: string): boolean => !ESCAPED.test(json) && escapeInvisible(json) === json;

/** The same JSON value, with what is hidden in its texts and names written as escapes that a reader sees. */
export const visible = (value: unknown): unknown => (isAllVisible(JSON.stringify(value) ?? "") ? value : shown(value));

function shown(value: unknown): unknown {
  if (typeof value === "string") return escapeInvisible(value);
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [escapeInvisible(name), shown(child)]));
}
