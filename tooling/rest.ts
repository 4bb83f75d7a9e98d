import type { Json, JsonObject } from "../src/lib/json.ts";

/** Calls of operations as REST sends them, for tests and the fuzzer, by what the server says of its routes. */

export interface RestRoute {
  operation: string;
  method: string;
  /** Below /api/v1; arguments stand in braces. */
  path: string;
}

interface Document {
  paths: Record<string, Record<string, { operationId?: string }>>;
}

/** Every route that the server describes. @param url of the server, without path */
export async function routesOf(url: string): Promise<RestRoute[]> {
  const response = await fetch(`${url}/api/v1/openapi.json`);
  const { paths }: Document = JSON.parse(await response.text());
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId = "" }]) => {
      return { operation: operationId, method: method.toUpperCase(), path };
    }),
  );
}

export interface RestCall {
  method: string;
  /** With the query. */
  path: string;
  body: JsonObject | undefined;
}

const textsOf = (value: Json): string[] => {
  if (value === null) return [];
  if (Array.isArray(value)) return value.map(String);
  return [typeof value === "object" ? JSON.stringify(value) : String(value)];
};

/** What stands in the path of an argument that is left out: nobody's. */
const MISSING = "-";

/** The operation with these arguments. */
export function restCall({ method, path: template }: Omit<RestRoute, "operation">, args: JsonObject): RestCall {
  const inPath = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const path = inPath.reduce(
    (text, name) => text.replace(`{${name}}`, () => encodeURIComponent(textsOf(args[name] ?? MISSING).join())),
    template,
  );
  const rest = Object.entries(args).filter(([name]) => !inPath.includes(name));
  if (method === "POST" || method === "PUT") return { method, path, body: Object.fromEntries(rest) };
  const query = new URLSearchParams(
    rest.flatMap(([name, value]) => textsOf(value).map((text): [string, string] => [name, text])),
  );
  return { method, path: query.size > 0 ? `${path}?${query}` : path, body: undefined };
}
