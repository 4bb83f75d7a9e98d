import type { JsonObject } from "../lib/json.ts";

/** `a=1&tag=x&tag=y`: null is left out, a list repeats. */
export function urlencoded(parameters: JsonObject): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? value : [value];
    const given = values.filter((each) => each !== null);
    return given.map((each): [string, string] => [name, typeof each === "string" ? each : JSON.stringify(each)]);
  });
  return new URLSearchParams(pairs).toString();
}

/** The URL as it is with more behind its query: a service may have signed the query that it has. */
export function joinQuery(url: string, query: JsonObject): string {
  const more = urlencoded(query);
  const [front = "", ...fragment] = url.split("#");
  const joint = more === "" || /\?$|\?.*&$/s.test(front) ? "" : front.includes("?") ? "&" : "?";
  return [`${front}${joint}${more}`, ...fragment].join("#");
}
