import { type EventType, emittedType, OWN_EVENTS } from "../../events/event-types.ts";
import { isEmittedName } from "../../jobs/run/event-names.ts";
import type { ServiceContext } from "../context.ts";

/** What a tenant can listen to: what the server tells, and what its plans have told. */

async function emittedNames(context: ServiceContext): Promise<string[]> {
  const found = await Promise.all(
    Array.from({ length: context.shards }, (_, shard) =>
      context.ask(shard, (registry, caller) => registry.emittedNames(caller)),
    ),
  );
  return [...new Set(found.flat())].sort();
}

export async function eventTypesOf(context: ServiceContext): Promise<EventType[]> {
  return [...OWN_EVENTS, ...(await emittedNames(context)).map(emittedType)];
}

/** Undefined: nothing has ever been told under this name. */
export async function eventTypeOf(name: string, context: ServiceContext): Promise<EventType | undefined> {
  const own = OWN_EVENTS.find((type) => type.name === name);
  if (own !== undefined || !isEmittedName(name)) return own;
  return (await emittedNames(context)).includes(name) ? emittedType(name) : undefined;
}
