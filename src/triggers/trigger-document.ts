import * as z from "zod";
import { parseTime } from "../blueprint/duration.ts";
import { concurrencyArgument } from "../blueprint/job-limits.ts";
import { duration, expression, jsonObject, jsonValue } from "../blueprint/kinds/fields.ts";
import { strict } from "../blueprint/strict.ts";
import { SECRET_NAME } from "../lib/secret-name.ts";
import { zoneOffset } from "../lib/zone-offset.ts";
import {
  MAX_CATCH_UP_MS,
  MAX_CRON_CHARS,
  MAX_EVERY_MS,
  MAX_JITTER_MS,
  MAX_REFERENCE_CHARS,
  MAX_TRIGGER_NOTE_CHARS,
  MAX_TRIGGER_RUNS,
  MAX_ZONE_CHARS,
  MIN_EVERY_MS,
} from "../limits.ts";
import { readCron } from "./cron.ts";
import { MISSED, OVERLAPS } from "./tick.ts";

/** What starts jobs by itself, as it is saved. */

export const TRIGGER_NAME = /^[a-z][a-z0-9-]{0,62}$/;

export const triggerName = z
  .string()
  .regex(TRIGGER_NAME, "must be 1 to 63 of a-z, 0-9 and -, starting with a letter")
  .describe("Its name.");

const cron = z
  .string()
  .max(MAX_CRON_CHARS)
  .superRefine((text, context) => {
    const pattern = readCron(text);
    const message = pattern.ok
      ? pattern.value.next(0) === undefined && "is a pattern that no day ever fits"
      : `is no cron pattern: ${pattern.error}`;
    const fix = 'Write minute, hour, day of month, month, day of week, such as "0 9 * * MON-FRI".';
    if (message !== false) context.addIssue({ code: "custom", message, params: { fix } });
  });

const timezone = z
  .string()
  .max(MAX_ZONE_CHARS)
  .refine((name) => /^[A-Za-z]/.test(name) && zoneOffset(name, 0) !== undefined, {
    error: "is no time zone",
    params: { fix: "Use a name such as Europe/Berlin, or UTC." },
  });

const time = z.string().refine((text) => parseTime(text).ok, {
  error: "is not an ISO 8601 time with a zone, or a day that no calendar has",
  params: { fix: "Send a time such as 2026-12-01T09:00:00Z." },
});

const SCHEDULE = {
  cron: cron.optional().describe('Five fields, such as "0 9 * * MON-FRI"; L, W, # and names work.'),
  every: duration(MAX_EVERY_MS, 1).optional().describe('Such as "15 minutes", counted from starts_at.'),
  timezone: timezone.default("UTC").describe("Of cron."),
  overlap: z.enum(OVERLAPS).default("skip").describe("When the job before still runs."),
  missed: z.enum(MISSED).default("last").describe("Which missed times run, within catch_up."),
  catch_up: duration(MAX_CATCH_UP_MS, 0).default("1 hour"),
  jitter: duration(MAX_JITTER_MS, 0).optional().describe("Up to so much later, always the same."),
  starts_at: time.optional(),
  ends_at: time.optional(),
  max_runs: z.int().min(1).max(MAX_TRIGGER_RUNS).optional(),
};
const Schedule = strict(SCHEDULE, {}, '{"cron": "0 9 * * MON-FRI", "timezone": "Europe/Berlin"}').superRefine(
  ({ cron, every, starts_at, ends_at }, context) => {
    const issue = (path: string[], message: string, fix: string) =>
      context.addIssue({ code: "custom", path, message, params: { fix } });
    if ((cron === undefined) === (every === undefined)) issue([], "has not exactly one of cron and every", "Give one.");
    const parsed = every === undefined ? undefined : /^(\d+) second/.exec(every);
    if (parsed && Number(parsed[1]) * 1_000 < MIN_EVERY_MS)
      issue(["every"], "is less than a minute", "Use 1 minute or more.");
    if (starts_at && ends_at && Date.parse(ends_at) < Date.parse(starts_at)) {
      issue(["ends_at"], "is before starts_at", "Choose a later time.");
    }
  },
);

export const SCHEMES = ["github", "stripe", "slack", "shopify", "linear", "standard", "hmac"] as const;

const VERIFY = {
  scheme: z.enum(SCHEMES),
  secret: z
    .string()
    .regex(
      SECRET_NAME,
      "is no name, such as STRIPE_SECRET: the operator gave it one, and a secret itself is never sent",
    )
    .describe("NAME@webhook in BLUEPRINT_SECRETS."),
  header: z.string().max(MAX_REFERENCE_CHARS).optional(),
  algorithm: z.enum(["sha256", "sha1", "sha512"]).optional(),
  encoding: z.enum(["hex", "base64"]).optional(),
  prefix: z.string().max(MAX_REFERENCE_CHARS).optional(),
};
const Verify = strict(VERIFY, {}, '{"scheme": "github", "secret": "NAME"}; or null, when only the URL is secret');
export type Verify = z.output<typeof Verify>;

const WEBHOOK = {
  verify: Verify.nullable().describe(
    "null: only the URL is secret. scheme hmac: header, algorithm (sha256), encoding (hex), prefix.",
  ),
  dedupe: expression.optional().describe("Equal values make one job; else the delivery id."),
};
const Webhook = strict(WEBHOOK, {}, '{"verify": null}');

const ON_EVENT = {
  name: z.string().min(1).max(MAX_REFERENCE_CHARS).describe("Such as job.settled."),
  filter: jsonObject.optional().describe("Fields that the event's data must have."),
};
const OnEvent = strict(ON_EVENT, {}, '{"name": "job.settled", "filter": {"status": "failed"}}');

/** Its fields; which of them go together is {@link TriggerDocument}'s to say. */
export const TRIGGER_FIELDS = {
  name: triggerName,
  blueprint: z
    .union([z.string().min(1).max(MAX_REFERENCE_CHARS), jsonObject])
    .describe("`name` (its version now), `name@version`, `name@latest`, or inline."),
  input: jsonValue.optional().describe("With $event, $due_at, $trigger, $last: see guide/triggers."),
  metadata: jsonObject.optional().describe("Of its jobs."),
  concurrency: concurrencyArgument.describe("Of its jobs."),
  schedule: Schedule.optional().describe("By time."),
  webhook: Webhook.optional().describe("By calls of others."),
  event: OnEvent.optional().describe("By what happened."),
  when: expression.optional().describe("No job when false."),
  changed: expression.optional().describe("Over $result: a change emits trigger.changed."),
  paused: z.boolean().default(false).describe("Starts nothing while true."),
  note: z.string().max(MAX_TRIGGER_NOTE_CHARS).optional().describe("Yours."),
};

const Fields = strict(TRIGGER_FIELDS);
export type TriggerDocument = z.output<typeof Fields>;
export type ScheduleFields = NonNullable<TriggerDocument["schedule"]>;

export const KINDS = ["schedule", "webhook", "event"] as const;
export type TriggerKind = (typeof KINDS)[number];

export const kindOf = (document: Pick<TriggerDocument, TriggerKind>): TriggerKind =>
  KINDS.find((kind) => document[kind] !== undefined) ?? "schedule";
