import * as z from "zod";
import { EVENT_NAME_FIX, mayHappen, type OWN_EVENT_NAMES } from "../jobs/run/event-names.ts";
import type { Fault } from "../lib/fault.ts";
import { echo } from "../lib/safe-text.ts";
import { MAX_NAME_CHARS } from "../limits.ts";
import { EventFilter } from "./event-filter.ts";

/** What can be listened to, as listeners are told of it. */

export type ArgumentName = keyof EventFilter;

export interface EventType {
  name: string;
  description: string;
  /** Of {@link EventFilter}: what tells its events apart. */
  arguments: readonly ArgumentName[];
  payload: z.ZodObject;
}

const text = z.string();
const textOrNull = z.string().nullable();
const anything = z.json();

const OF_A_JOB = {
  job_id: text,
  name: text,
  status: text,
  blueprint: text.describe("name@version, or inline"),
  metadata: z.record(text, anything),
  trigger: textOrNull,
  batch_id: textOrNull,
  parent_id: textOrNull,
};

const JOB_ARGUMENTS = ["job_id", "blueprint", "name", "trigger", "batch_id"] as const;

/** What the server itself tells; the first is what most listen to. */
export const OWN_EVENTS: readonly (EventType & { name: (typeof OWN_EVENT_NAMES)[number] })[] = [
  {
    name: "job.settled",
    description: "A job reached its final status: succeeded, failed or cancelled.",
    arguments: [...JOB_ARGUMENTS, "status"],
    payload: z.looseObject({
      ...OF_A_JOB,
      error: textOrNull,
      error_code: textOrNull,
      result: anything.describe("null without one; {truncated, total_bytes} when it is large: jobs_get_result has it"),
    }),
  },
  {
    name: "job.input_required",
    description: "A job asks a question and stands still until jobs_respond answers it.",
    arguments: JOB_ARGUMENTS,
    payload: z.looseObject({
      ...OF_A_JOB,
      request_id: text,
      step: text,
      message: text,
      schema: z.record(text, anything),
      expires_at: text,
    }),
  },
  {
    name: "trigger.changed",
    description: "What a watch looks at is no longer what it was.",
    arguments: ["trigger"],
    payload: z.looseObject({ trigger: text, before: anything, after: anything, job_id: text }),
  },
  {
    name: "trigger.missed",
    description: "A trigger was due and nothing was started, because the time had passed.",
    arguments: ["trigger"],
    payload: z.looseObject({ trigger: text }),
  },
  {
    name: "trigger.refused",
    description: "A trigger was due and its job was refused, such as by a full storage.",
    arguments: ["trigger"],
    payload: z.looseObject({ trigger: text }),
  },
];

/** What plans tell under a name: whatever each says. Filters look at the fields of its data. */
export const emittedType = (name: string): EventType => ({
  name,
  description: `What emit steps of this tenant's plans tell as ${name}.`,
  arguments: Object.keys(EventFilter.shape) as ArgumentName[],
  payload: z.looseObject({}),
});

/** Why no event has this name; undefined: one may. */
export function eventNameFault(name: string): Omit<Fault, "path"> | undefined {
  return mayHappen(name) ? undefined : { message: `"${echo(name)}" is the name of no event`, fix: EVENT_NAME_FIX };
}

/** Of an event that there may be. */
export const eventName = z
  .string()
  .max(MAX_NAME_CHARS)
  .superRefine((name, context) => {
    const fault = eventNameFault(name);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault.message, params: { fix: fault.fix } });
  });

/** The filter that a listener's arguments are. Unknown ones are refused: they would filter nothing. */
export const argumentsOf = ({ arguments: names }: EventType): z.ZodType<EventFilter> =>
  EventFilter.pick(Object.fromEntries(names.map((name) => [name, true])) as { job_id: true });
