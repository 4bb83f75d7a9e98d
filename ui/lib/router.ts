import { signal } from "@preact/signals";

/** Where the viewer is, kept in the URL's fragment: it can be copied, and going back works. */
export interface Place {
  /** Parts of the path, decoded: `#/jobs/job_1` is `["jobs", "job_1"]`. */
  path: readonly string[];
  query: URLSearchParams;
}

function placeOf(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const place = signal(placeOf(location.hash));

addEventListener("hashchange", () => {
  place.value = placeOf(location.hash);
});

export function hrefOf(path: readonly string[], query: Readonly<Record<string, string>> = {}): string {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "")).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${search === "" ? "" : `?${search}`}`;
}

export function goTo(path: readonly string[], query: Readonly<Record<string, string>> = {}): void {
  location.hash = hrefOf(path, query);
}

/** The same place with other filters, without a step in the history for each letter typed. */
export function refine(changes: Readonly<Record<string, string>>): void {
  const { path, query } = place.value;
  history.replaceState(null, "", hrefOf(path, { ...Object.fromEntries(query), ...changes }));
  place.value = placeOf(location.hash);
}
