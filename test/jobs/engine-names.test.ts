import { expect, it } from "vitest";
import { instanceId, wakeEvent } from "../../src/jobs/job.ts";
import { MAX_ATTEMPTS, MAX_JOB_ID_CHARS, MAX_MAP_ITEMS, MAX_POLLS, MAX_STEP_PATH_CHARS } from "../../src/limits.ts";

/** What the engine takes: https://developers.cloudflare.com/workflows/reference/limits/ (2026-11) */
const MAX_ID_CHARS = 100;
const MAX_STEP_NAME_CHARS = 256;
const NAME = /^[a-zA-Z0-9_][a-zA-Z0-9_-]*$/;

it("an event's name is one that the engine takes, however long the step's path", () => {
  for (const path of ["a", `${"a".repeat(60)}[${MAX_MAP_ITEMS}].b.c`, "x".repeat(MAX_STEP_PATH_CHARS)]) {
    const event = wakeEvent(path);
    expect(event.length).toBeLessThanOrEqual(MAX_ID_CHARS);
    expect(event).toMatch(NAME);
  }
});

it("an instance's id and a step's name have room for the longest that there can be", () => {
  expect(instanceId("j".repeat(MAX_JOB_ID_CHARS), MAX_ATTEMPTS).length).toBeLessThanOrEqual(MAX_ID_CHARS);
  expect(`${"x".repeat(MAX_STEP_PATH_CHARS)}#${MAX_POLLS}`.length).toBeLessThanOrEqual(MAX_STEP_NAME_CHARS);
});
