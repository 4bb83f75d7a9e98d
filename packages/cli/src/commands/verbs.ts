import type { JsonObject, Operation } from "../../../client/src/index.ts";
import { argument, contentOf, EXIT, type ExitCode, type Invocation, parseObject, UsageError } from "../command.ts";
import { show, showRows } from "../output.ts";

/** What commands share whose first argument says what to do. */

export type Verbs = { readonly [verb: string]: (invocation: Invocation) => Promise<void> };

/** Without a first argument the first verb is meant. */
export async function byVerb(verbs: Verbs, invocation: Invocation): Promise<ExitCode> {
  const { positionals } = invocation;
  const verb = positionals[0] ?? Object.keys(verbs)[0] ?? "";
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (run === undefined) throw new UsageError(`"${verb}" is none of ${Object.keys(verbs).join(", ")}.`);
  await run({ ...invocation, positionals: positionals.slice(1) });
  return EXIT.succeeded;
}

/** One call of the server. */
export const ask = <T extends object>(
  { client, signal }: Invocation,
  operation: Operation,
  args: object = {},
): Promise<T> => client().call<T>(operation, args, { signal });

/** Prints what one call answers. */
export async function showAnswer(invocation: Invocation, operation: Operation, args: object = {}): Promise<void> {
  show(invocation.out, await ask(invocation, operation, args));
}

/** Prints the rows in what one call answers. */
export async function showList<Field extends string>(
  invocation: Invocation,
  operation: Operation,
  args: object,
  field: Field,
  columns: readonly string[],
): Promise<void> {
  const answer = await ask<{ [Name in Field]: object[] }>(invocation, operation, args);
  showRows(invocation.out, answer[field], columns);
}

export const nameArgument = (invocation: Invocation): string => argument(invocation, 0, "NAME");

/** The JSON object in a file, or on stdin (`-`). */
export async function documentArgument(invocation: Invocation): Promise<JsonObject> {
  const text = argument(invocation, 0, "FILE");
  const place = text === "-" || text.startsWith("@") ? text : `@${text}`;
  return parseObject(await contentOf(place, invocation), "FILE");
}

export async function rowsOf(rows: AsyncIterable<object>): Promise<object[]> {
  const all: object[] = [];
  for await (const row of rows) all.push(row);
  return all;
}
