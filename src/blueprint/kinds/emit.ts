import * as z from "zod";
import { isEventName, isOwn } from "../../jobs/run/event-names.ts";
import { MAX_NAME_CHARS } from "../../limits.ts";
import { shapeOf } from "../faults/shapes.ts";
import { common, type Kind, stepOf } from "./common.ts";
import { jsonValue } from "./fields.ts";

const event = z
  .string()
  .max(MAX_NAME_CHARS)
  .refine(isEventName, {
    error: "is not the name of an event",
    params: { fix: "Write lower-case words with dots between them, such as order.shipped." },
  })
  .refine((name) => !isOwn(name), {
    error: "is a name that the server keeps for itself",
    params: { fix: "Begin with another word than job or trigger." },
  });

export const emit = {
  isUndoable: true,
  templates: ["data"],
  output: () => shapeOf(["event_id"]),
  isSilent: () => true,
  schema: stepOf({
    ...common("emit", { retries: 0 }),
    event: event.describe("Name of the event, such as order.shipped; not job.* or trigger.*."),
    data: jsonValue.default({}).describe("What it tells; anything but an object becomes {value}."),
  }),
} satisfies Kind;
