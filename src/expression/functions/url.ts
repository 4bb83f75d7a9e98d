import type { JsonObject } from "../../lib/json.ts";
import { joinQuery } from "../url-query.ts";
import { toJson } from "./to-json.ts";

const quoted = (text: string): string => JSON.stringify(text.slice(0, 120));

/**
 * `$url(base, reference, query)`: the reference, a path or a URL, as a browser on the page `base` would follow it. It
 * may not lead to another host: where a request goes, the document says. `query` is appended as an http step's is.
 * Nothing for a reference that is nothing or null.
 */
export function url(base: string | undefined, reference: unknown, query?: JsonObject): string | undefined {
  if (base === undefined || reference === undefined || reference === null) return undefined;
  const from = URL.parse(base);
  if (from === null || !/^https?:$/.test(from.protocol)) {
    throw new Error(`$url: the base ${quoted(base)} is no absolute http or https URL`);
  }
  const target = URL.parse(String(reference), base);
  if (target === null) throw new Error(`$url: ${quoted(String(reference))} is neither a path nor a URL`);
  if (target.origin !== from.origin) {
    throw new Error(
      `$url: ${quoted(String(reference))} leads away from ${from.origin}; where that is meant, write it without $url`,
    );
  }
  if (target.username !== "" || target.password !== "") {
    throw new Error("$url: a URL with a user name or password; send them as auth or headers");
  }
  return query === undefined ? target.href : joinQuery(target.href, toJson(query) as JsonObject);
}
