import { readWith } from "../../src/blueprint/faults/zod-faults.ts";
import { strict } from "../../src/blueprint/strict.ts";
import { TRIGGER_FIELDS } from "../../src/triggers/trigger-document.ts";
import { atBound } from "../support/boundaries.ts";

function refusalOf(schedule: object, over: object = {}): string | undefined {
  const read = readWith("$", strict(TRIGGER_FIELDS), { name: "a", blueprint: "b", schedule, ...over });
  return read.ok ? undefined : read.error.map(({ path, message, fix }) => `${path} ${message}. ${fix}`).join("\n");
}

const cron = "0 9 * * *";
const seconds = (ms: number): string => `${ms / 1_000} seconds`;
const SECOND = 1_000;

atBound("MAX_CRON_CHARS", {
  of: "a pattern",
  refusal: /schedule\.cron.*200/,
  attempt: (chars) => refusalOf({ cron: `${" ".repeat(chars - cron.length)}${cron}` }),
});

atBound("MAX_EVERY_MS", {
  of: "an interval",
  refusal: /schedule\.every is longer than 31536000 seconds/,
  attempt: (ms) => refusalOf({ every: seconds(ms) }),
  step: SECOND,
});

atBound("MAX_CATCH_UP_MS", {
  of: "what is caught up with",
  refusal: /schedule\.catch_up is longer than 604800 seconds/,
  attempt: (ms) => refusalOf({ cron, catch_up: seconds(ms) }),
  step: SECOND,
});

atBound("MAX_JITTER_MS", {
  of: "a jitter",
  refusal: /schedule\.jitter is longer than 86400 seconds/,
  attempt: (ms) => refusalOf({ cron, jitter: seconds(ms) }),
  step: SECOND,
});

atBound("MAX_TRIGGER_RUNS", {
  of: "runs",
  refusal: /schedule\.max_runs.*1000000000/,
  attempt: (max_runs) => refusalOf({ cron, max_runs }),
});

atBound("MAX_TRIGGER_NOTE_CHARS", {
  of: "a note",
  refusal: /note.*500/,
  attempt: (chars) => refusalOf({ cron }, { note: "a".repeat(chars) }),
});
