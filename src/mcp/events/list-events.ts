import * as z from "zod";
import { argumentsOf, type EventType } from "../../events/event-types.ts";
import { isJsonObject, type JsonObject } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { eventTypesOf } from "../../service/events/event-types-of.ts";
import type { McpDeps } from "../deps.ts";
import { type EventRefusal, invalidParams } from "./event-errors.ts";

const schemaOf = (schema: z.ZodType): JsonObject => {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io: "input" }) as JsonObject;
  return json;
};

const descriptorOf = (type: EventType, delivery: readonly string[]): JsonObject => ({
  name: type.name,
  description: type.description,
  delivery: [...delivery],
  inputSchema: schemaOf(argumentsOf(type)),
  payloadSchema: schemaOf(type.payload),
});

/** All on one page: they are few. */
export async function listEvents(
  params: unknown,
  delivery: readonly string[],
  deps: McpDeps,
): Promise<Result<JsonObject, EventRefusal>> {
  const cursor = isJsonObject(params as JsonObject) ? (params as JsonObject).cursor : undefined;
  if (cursor !== undefined && cursor !== null) return err(invalidParams("cursor: there is one page only"));
  return ok({ events: (await eventTypesOf(deps)).map((type) => descriptorOf(type, delivery)) });
}
