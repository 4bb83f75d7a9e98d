import type { EdgeJobs, JsonObject } from "../../client/src/index.ts";
import type { Output } from "./output.ts";

/** What a shell is told. */
export const EXIT = { succeeded: 0, failed: 1, usage: 2, notFound: 3, timedOut: 124 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command line is at fault: says how it is written. */
export class UsageError extends Error {}

export type Values = { readonly [option: string]: string | boolean | (string | boolean)[] | undefined };

/** What a command works with. */
export interface Invocation {
  client: () => EdgeJobs;
  /** Of the server. */
  url: () => string;
  out: Output;
  positionals: readonly string[];
  values: Values;
  readFile: (path: string) => Promise<string>;
  readStdin: () => Promise<string>;
  /** Of stdin, as they come. */
  lines: (signal: AbortSignal) => AsyncIterable<string>;
  env: { readonly [name: string]: string | undefined };
  signal: AbortSignal;
}

export interface OptionText {
  type: "string" | "boolean";
  summary: string;
}

export interface Command {
  name: string;
  /** What stands behind the name. */
  usage: string;
  summary: string;
  /** First arguments that the shell may complete. */
  verbs?: readonly string[];
  options: { readonly [name: string]: OptionText };
  run: (invocation: Invocation) => Promise<ExitCode>;
}

export function textOf(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

export function numberOf(values: Values, name: string): number | undefined {
  const text = textOf(values, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new UsageError(`--${name} must be a number, not "${text}".`);
  return value;
}

/** The argument at this place. */
export function argument({ positionals }: Pick<Invocation, "positionals">, at: number, name: string): string {
  const value = positionals[at];
  if (value === undefined) throw new UsageError(`${name} is missing.`);
  return value;
}

/** Text of an argument that may stand elsewhere: `@FILE`, or `-` for stdin. */
export async function contentOf(
  text: string,
  { readFile, readStdin }: Pick<Invocation, "readFile" | "readStdin">,
): Promise<string> {
  if (text === "-") return readStdin();
  return text.startsWith("@") ? readFile(text.slice(1)) : text;
}

export function parseObject(text: string, name: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Said below.
  }
  throw new UsageError(`${name} must be a JSON object.`);
}

/** The JSON object of an option, if it was given. */
export async function objectOf(invocation: Invocation, name: string): Promise<JsonObject | undefined> {
  const text = textOf(invocation.values, name);
  return text === undefined ? undefined : parseObject(await contentOf(text, invocation), `--${name}`);
}
