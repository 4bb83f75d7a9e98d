import * as z from "zod";
import type { EventFilter } from "../../events/event-filter.ts";
import { argumentsOf, type EventType } from "../../events/event-types.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { oneLine } from "../../lib/safe-text.ts";
import { MAX_CURSOR_CHARS, MAX_ECHO_CHARS, MAX_NAME_CHARS } from "../../limits.ts";
import type { ServiceContext } from "../../service/context.ts";
import { eventTypeOf } from "../../service/events/event-types-of.ts";
import { type EventRefusal, invalidParams, notFound } from "./event-errors.ts";

/** What a client asks of one type of event, in the order in which it is checked. */

const age = z.number().min(0).nullish();

/** Fields that several methods share; unknown ones are ignored, as the extension says. */
export const Common = z.looseObject({
  name: z.string().min(1).max(MAX_NAME_CHARS),
  arguments: z.record(z.string(), z.unknown()).nullish(),
  cursor: z.string().max(MAX_CURSOR_CHARS).nullish(),
  maxAgeMs: age,
});

export interface Listened {
  type: EventType;
  filter: EventFilter;
  /** null: from now on. */
  cursor: string | null;
  /** Epoch ms; null: whatever is kept. */
  since: number | null;
}

/** The fields that a schema takes, or which of them is wrong. */
export function readParams<S extends z.ZodType>(schema: S, params: unknown): Result<z.output<S>, EventRefusal> {
  const read = schema.safeParse(params);
  if (read.success) return ok(read.data);
  const [issue] = read.error.issues;
  const path = issue?.path.join(".") || "params";
  return err(invalidParams(oneLine(`${path}: ${issue?.message ?? "is not valid"}`, MAX_ECHO_CHARS)));
}

export async function readListened(
  params: z.output<typeof Common>,
  context: ServiceContext,
): Promise<Result<Listened, EventRefusal>> {
  const type = await eventTypeOf(params.name, context);
  if (type === undefined) return err(notFound("event"));
  const filter = readParams(z.object({ arguments: argumentsOf(type) }), { arguments: params.arguments ?? {} });
  if (!filter.ok) return filter;
  const cursor = params.cursor ?? null;
  const since = cursor === null || params.maxAgeMs == null ? null : context.now() - params.maxAgeMs;
  return ok({ type, filter: filter.value.arguments, cursor, since });
}
