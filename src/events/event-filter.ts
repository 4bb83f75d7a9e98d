import * as z from "zod";
import { JOB_STATUSES } from "../jobs/status.ts";
import type { JsonObject } from "../lib/json.ts";
import { MAX_NAME_CHARS } from "../limits.ts";
import type { NewEvent } from "./event.ts";

const text = z.string().min(1).max(MAX_NAME_CHARS);

/** What events can be told apart by, besides their names: fields of their data. */
export const EventFilter = z.strictObject({
  job_id: text.optional().describe("Of one job."),
  blueprint: text.optional().describe("name (all its versions), name@version or inline."),
  name: text.optional().describe("Of jobs with this name."),
  trigger: text.optional().describe("Of one trigger and what it started."),
  status: z.enum(JOB_STATUSES).optional().describe("The job's status then."),
  batch_id: text.optional().describe("Of one batch."),
});
export type EventFilter = z.infer<typeof EventFilter>;

/** `name` stands for all versions of the blueprint. */
const isOfBlueprint = (actual: JsonObject[string] | undefined, wanted: string): boolean =>
  actual === wanted || (typeof actual === "string" && actual.startsWith(`${wanted}@`));

/** Whether the event is one of those wanted: a field that its data does not have fits nothing. */
export function matchesFilter({ data }: Pick<NewEvent, "data">, { blueprint, ...same }: EventFilter): boolean {
  if (blueprint !== undefined && !isOfBlueprint(data.blueprint, blueprint)) return false;
  return Object.entries(same).every(([field, wanted]) => wanted === undefined || data[field] === wanted);
}
