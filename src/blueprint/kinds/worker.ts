import * as z from "zod";
import { DEFAULT_LEASE_MS, MAX_LEASE_MS, MAX_QUEUE_CHARS, MAX_WORK_TIMEOUT_MS, MIN_LEASE_MS } from "../../limits.ts";
import { durationTerm } from "../terms.ts";
import { common, type Kind, stepOf } from "./common.ts";
import { jsonValue } from "./fields.ts";
import { rate } from "./rate.ts";

export const DEFAULT_WORK_TIMEOUT = "1 day";

/** What workers ask for. */
export const queueName = z
  .string()
  .regex(
    new RegExp(`^[a-z][a-z0-9_-]{0,${MAX_QUEUE_CHARS - 1}}$`),
    `must be 1 to ${MAX_QUEUE_CHARS} of a-z, 0-9, _ and -, starting with a letter`,
  );

export const worker = {
  isUndoable: true,
  templates: ["input"],
  schema: stepOf({
    ...common("worker", { retries: 3, delay: "0 seconds" }),
    queue: queueName.describe("Workers claim from it by name (work_claim)."),
    rate,
    input: jsonValue.default({}).describe("What the worker is given."),
    lease: durationTerm(MAX_LEASE_MS, MIN_LEASE_MS)
      .default(`${DEFAULT_LEASE_MS / 60_000} minutes`)
      .describe("A worker that does not report for so long has lost it: a try."),
    timeout: durationTerm(MAX_WORK_TIMEOUT_MS)
      .default(DEFAULT_WORK_TIMEOUT)
      .describe("From when it is offered until a worker must have completed it."),
  }),
} satisfies Kind;
