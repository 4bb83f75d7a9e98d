import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toJobStatus } from "../src/jobs/view.ts";
import * as limits from "../src/limits.ts";
import { KeyRequest } from "../tooling/create-key.ts";
import { atBound, type Cap } from "./support/boundaries.ts";
import { aJob, T0 } from "./support/jobs.ts";

atBound("MAX_KEY_DAYS", {
  of: "an API key",
  refusal: /days.*3650/s,
  attempt: (days) => {
    const asked = KeyRequest.safeParse({ tenant: "acme", scope: "jobs:read", secret: "x".repeat(32), days: `${days}` });
    return asked.success ? undefined : asked.error.message;
  },
});

atBound("MAX_INLINE_RESULT_BYTES", {
  of: "a result inside a status",
  refusal: /"truncated":true,"total_bytes":8193/,
  attempt: (bytes) => {
    const resultJson = JSON.stringify("a".repeat(bytes - 2));
    const { result } = toJobStatus(aJob({ status: "succeeded" }), { resultJson }, T0);
    return result?.truncated === true ? JSON.stringify(result) : undefined;
  },
});

const defaults = (of: string) => `what is taken when nothing is said, below the cap of ${of}`;
const kept = (where: string) => `what is kept or shown, cut and never refused: ${where}`;
const remembered = (where: string) => `what is remembered; what is not is found out again: ${where}`;
const pace = "how long we wait, or how often we try: nobody sends it";

/** Why a cap is no bound on what a caller or a service sends, and where else it is tested. */
const NO_INPUT: { [cap in Cap]?: string } = {
  MAX_PLAN_BYTES: kept("recipes and names that a prompt brings; mcp/guide.test.ts"),
  DEFAULT_AI_TOKENS: defaults("MAX_AI_TOKENS"),
  CHARS_PER_TOKEN: "an estimate: runner/step-kinds/ai.test.ts",
  AI_DAY_KEPT_MS: "what is kept: runner/step-kinds/ai.test.ts",
  MAX_RUNNING_AI_STEPS: `${pace}; runner/step-kinds/ai.test.ts`,
  MAX_OPEN_QUESTIONS: "further rows wait; runner/step-kinds/input-rows.test.ts has more",
  MAX_KEPT_ANSWERS: remembered("runner/step-kinds/input-rows.test.ts"),
  DEFAULT_POLLS: defaults("MAX_POLLS"),
  DEFAULT_PAGES: defaults("MAX_PAGES"),
  DEFAULT_ROUNDS: defaults("MAX_ROUNDS"),
  DEFAULT_JOB_TIMEOUT_MS: defaults("MAX_JOB_TIMEOUT_MS"),
  MAX_ENGINE_WAIT_MS: "the engine's own bound; one wait is made of several when it must be longer",
  EXPRESSION_WAIT_MS: "what a wait that nobody knows yet counts as; blueprint/planned-wait.test.ts",
  DEFAULT_LIST_ROWS: defaults("MAX_LIST_ROWS"),
  DEFAULT_WAIT_MS: defaults("MAX_WAIT_MS"),
  DEFAULT_PAGE_BYTES: defaults("MAX_PAGE_BYTES"),
  DEFAULT_LINKS: defaults("MAX_LINKS"),
  DEFAULT_KEY_DAYS: defaults("MAX_KEY_DAYS"),
  DEFAULT_RETENTION_DAYS: defaults("MAX_RETENTION_DAYS"),
  MAX_RETENTION_DAYS: "of the operator: http/settings.test.ts has it and one more",
  MAX_QUOTA: "of the operator: http/settings.test.ts has it and one more",
  SESSION_MS: "a session's own age: auth/session.test.ts has it and one millisecond less",
  KEY_CLOCK_SKEW_MS: "an allowance over MAX_KEY_DAYS: auth/check-key.test.ts has it and one more",
  MAX_STATISTICS_SCAN: "rows of one look: what is older is said to be left out (service/statistics/job-stats.test.ts)",
  MAX_QUEUE_SCAN: kept("depth of queues"),
  MAX_STATISTICS_PERIOD_MS: "service/statistics/job-stats.test.ts has a day more",
  MAX_SHOWN_CAUSES: kept("service/statistics/job-stats.test.ts"),
  MAX_SHOWN_GROUPS: kept("service/statistics/job-stats.test.ts"),
  MAX_BATCH_IDS: kept("service/batches/submit-batch.test.ts"),
  BATCH_LOOK_MS: pace,
  DEFAULT_LEASE_MS: defaults("MAX_LEASE_MS"),
  MIN_LEASE_MS: "a least: blueprint/checks/bad-blueprints.test.ts has less",
  MAX_WORK_UNITS: "the largest whole number that JSON carries exactly; a larger one is refused before it is looked at",
  CLAIM_REPLY_BYTES:
    "what one reply has room for, the others come with the next claim: service/workers/claim-work.test.ts",
  MAX_CLIENT_DOCUMENT_BYTES: "http/oauth.test.ts has it and one more",
  CLIENT_DOCUMENT_TIMEOUT_MS: pace,
  CLIENT_DOCUMENT_KEPT_MS: `${pace}; http/oauth.test.ts`,
  MAX_CLIENT_DOCUMENTS: remembered("lib/bounded-map.test.ts"),
  MAX_CHILDREN_LOOKED_AT: kept("children whose questions a parent shows"),
  MAX_WAITS: "waits of all callers together; the one above ends the oldest in registry/watch/open-waits.test.ts",
  MAX_WAITS_PER_KEY: "registry/watch/open-waits.test.ts has it and one more",
  MAX_LISTENERS_PER_KEY: "registry/watch/changes.test.ts has it and one more",
  AUDIT_KEPT_MS: "what is kept: registry/storage/audit.test.ts",
  AUDIT_PURGE_BATCH: "what one alarm deletes: registry/storage/audit.test.ts",
  MAX_LISTED_AUDIT: "http/keys.test.ts has more",
  MAX_ACTOR_CHARS: kept("who did something"),
  MAX_DERIVED_KEYS: remembered("lib/bounded-map.test.ts"),
  MIN_EVERY_MS: "a least: triggers/trigger-document.test.ts has less",
  MAX_ZONE_CHARS: "below it is no zone either: triggers/trigger-document.test.ts",
  MAX_TRIGGER_EVALUATIONS: "registry/fire/firing.test.ts has more",
  MAX_TRIGGER_VALUE_BYTES: "registry/run/told-triggers.test.ts has it and one more",
  MAX_EMITTED_NAMES: "registry/calls/read-events.test.ts has one more",
  MAX_TRIGGER_DEPTH: "registry/fire/event-firing.test.ts has as many and one more",
  EVENT_LOOK_GRACE_MS: pace,
  EVENT_PASSED_OVER: pace,
  TRIGGER_COPIES_AT_ONCE: pace,
  TRIGGER_BATCH: pace,
  TRIGGERS_AT_ONCE: pace,
  MAX_TRIGGER_TURNS: pace,
  TRIGGER_PUT_OFF_MS: pace,
  HOOK_ID_BYTES: "what is made, never sent",
  DEFAULT_HOOKS_PER_MINUTE: "a setting's default: registry/calls/hooks.test.ts has one at its bound",
  MAX_RATED_HOOKS: remembered("lib/bounded-map.test.ts"),
  MAX_BACKFILL: "registry/calls/tenant-triggers.test.ts has it and one more",
  MAX_TRIGGER_BYTES: "service/triggers/save-trigger.test.ts has it and one more",
  MAX_HOOK_BYTES: "http/hook-route.test.ts has it and one more",
  MAX_HOOK_TOKEN_CHARS: "a longer text is no token, as a shorter wrong one is none: http/hook-route.test.ts",
  MAX_HOOK_CHALLENGE_CHARS: "a longer one is answered like none: http/hook-route.test.ts",
  MAX_HOOK_OPENS: pace,
  MAX_STAMP_AGE_MS: "an age: service/triggers/signatures.test.ts has it and one more",
  MAX_NAMED_TRIGGERS: kept("triggers that a refusal names"),
  MAX_ZONE_FORMATS: remembered("lib/bounded-map.test.ts"),
  MAX_ZONE_WEEKS: remembered("lib/bounded-map.test.ts"),
  MAX_CRON_PATTERNS: remembered("lib/bounded-map.test.ts"),
  ON_TIME_MS: `${pace}; triggers/tick.test.ts`,
  LEDGER_KEPT: kept("entries of a ledger: triggers/ledger.test.ts"),
  LEDGER_CHUNK: kept("entries of a ledger that share a row: triggers/ledger.test.ts"),
  DEFAULT_ACTIVE_JOBS: "a setting's default; the settings' bounds are in registry/dispatch/admission.test.ts",
  DEFAULT_RUNNING_JOBS: "a setting's default; the settings' bounds are in registry/dispatch/slots.test.ts",
  DEFAULT_SUBMITS_PER_MINUTE: "a setting's default; the settings' bounds are in registry/dispatch/admission.test.ts",
  DEFAULT_STORED_BYTES: "a setting's default; the settings' bounds are in registry/dispatch/admission.test.ts",
  DEFAULT_TREE_JOBS: "a setting's default; the settings' bounds are in registry/dispatch/admission.test.ts",
  DEFAULT_REQUESTS_PER_MINUTE: "a setting's default; the settings' bounds are in registry/dispatch/admission.test.ts",
  RATE_WINDOW_MS: pace,
  CLEANUP_TIMEOUT_MS: pace,
  CLEANUP_LOOK_MS: `${pace}; registry/dispatch/cleanup.test.ts`,
  MAX_JOURNAL_ROWS: "what one call carries, the others come with the next: registry/dispatch/cleanup.test.ts",
  STORE_VERSION_KEPT_MS: "how long we remember: registry/calls/tenant-store.test.ts",
  STORE_PURGE_BATCH: "what one alarm deletes: registry/calls/tenant-store.test.ts",
  MAX_SAVED_BLUEPRINTS:
    "versions of all calls together; the one above is refused in registry/dispatch/admission.test.ts",
  MAX_OPEN_ROWS: "what one attempt holds; runner/holdings.test.ts",
  MAX_HELD_BYTES: "what one attempt holds; runner/holdings.test.ts",
  MAX_TENANT_HELD_BYTES: "what attempts hold together; runner/holdings.test.ts",
  MAX_UNSHARED_BYTES: "what attempts hold together; runner/holdings.test.ts",
  MAX_CROWDED_MS: pace,
  CROWDED_PAUSE_MS: pace,
  MAX_HOLDING_TENANTS: remembered("lib/bounded-map.test.ts"),
  MAX_ACTIONS_IN_FLIGHT: `${pace}; runner/holdings.test.ts`,
  SEGMENT_MS: `${pace}; runner/segments.test.ts`,
  MAX_SEGMENT_ACTIONS: `${pace}; runner/segments.test.ts`,
  SEGMENT_GRACE_MS: pace,
  MAX_INLINE_WAIT_MS: `${pace}; runner/segments.test.ts`,
  MIN_TURN_PAUSE_MS: pace,
  REPORT_GRACE_MS: pace,
  DISPATCH_GRACE_MS: pace,
  DISPATCH_PAUSE_MS: pace,
  MAX_DISPATCH_PAUSE_MS: pace,
  OUTBOX_GRACE_MS: pace,
  SLOT_GRACE_MS: pace,
  PROGRESS_EVERY_MS: pace,
  ENGINE_ANSWER_MS: `${pace}; registry/dispatch/engine.test.ts`,
  MAX_JOURNAL_BYTES: "how a run that goes on reads what is finished: runner/joined-reports.test.ts",
  ENGINE_RETENTION_MS: `${pace}; registry/dispatch/engine.test.ts`,
  KEEP_ALIVE_MS: pace,
  MAX_BACKOFF_MS: `${pace}; runner/step-kinds/http-again.test.ts`,
  RETRY_SPREAD: `${pace}; runner/step-kinds/http-again.test.ts`,
  MIN_BLUEPRINT_SECRET_CHARS: "the operator's; egress/secret-bindings.test.ts",
  MAX_BLUEPRINT_SECRET_CHARS: "the operator's; egress/secret-bindings.test.ts",
  LOCAL_KEEP_ALIVE_MS: pace,
  MAX_LISTEN_MS: `${pace}; mcp/listen/listen.test.ts`,
  MAX_LISTEN_LOSSES: `${pace}; mcp/listen/listen.test.ts`,
  MAX_LISTENERS: "streams of all callers together; the one above is refused in registry/watch/changes.test.ts",
  MAX_CHILD_WAIT_MS: pace,
  MAX_NUDGES: `${pace}; jobs/run/repair.test.ts`,
  MAX_ATTEMPTS: `${pace}; jobs/run/repair.test.ts`,
  MAX_INTERRUPTED_TRIES: `${pace}; jobs/run/reports.test.ts`,
  MAX_WAIT_LOSSES: `${pace}; mcp/tools/jobs-wait.test.ts`,
  AUDIT_TIMEOUT_MS: pace,
  MAX_SEQUENCE_ITEMS: "more than MAX_VALUE_BYTES lets through: expression/large-lists.test.ts",
  EVALUATION_WORK: "what one unit is in another",
  MAX_TURN_WORK: `${pace}: expression/evaluation-budget.test.ts`,
  ALARM_BATCH: "rows of one look, the others come next: registry/run/reconcile.test.ts",
  MAX_DISPATCH_BATCH: "jobs of one call to the engine, the others come next: registry/boundaries.test.ts",
  MAX_LIST_SCAN: "rows of one look, the others come with the next page: registry/calls/list.test.ts",
  REVOKE_CONCURRENCY: "objects that are written to at the same time, the others come next",
  MAX_FAULTS: kept("blueprint/checks/bad-blueprints.test.ts"),
  MAX_EVENTS: kept("jobs/run/timeline.test.ts, registry/boundaries.test.ts"),
  QUIET_AFTER_EVENTS: kept("jobs/run/timeline.test.ts"),
  MAX_TEXT_RESULT_BYTES: kept("mcp/tools/jobs-get-status.test.ts"),
  MAX_REPLY_BYTES: kept("mcp/tools/jobs-get-status.test.ts, mcp/tools/jobs-list.test.ts, mcp/tools/jobs-wait.test.ts"),
  MAX_QUOTED_BYTES: kept("mcp/replies/postmortem.test.ts"),
  MAX_QUOTED_EVENTS: kept("mcp/replies/postmortem.test.ts"),
  MAX_REPEATED_CHARS: kept("mcp/boundaries.test.ts"),
  MAX_BACKLOG_CHARS: kept("registry/watch/changes.test.ts"),
  MAX_ACCEPTED_BYTES: kept("e2e/next-calls.test.ts"),
  MAX_RECENT_JOBS: remembered("registry/storage/job-cache.test.ts"),
  MAX_ROW_VALUE_BYTES: "where it is stored, which callers do not see: registry/calls/results.test.ts",
  MAX_ROW_OUTPUTS_BYTES: "where they are stored, which callers do not see: registry/calls/results.test.ts",
  MAX_RECENT_JOB_CHARS: remembered("registry/storage/job-cache.test.ts"),
  MAX_RECENT_PLANS: remembered("service/blueprints/plan-cache.test.ts"),
  MAX_RECENT_PLAN_CHARS: remembered("service/blueprints/plan-cache.test.ts"),
  MAX_RATED_TENANTS: remembered("mcp/quotas.test.ts"),
  MAX_STATIC_ANSWERS: remembered("mcp/fast/lanes.test.ts"),
  MAX_VERIFIED_KEYS: remembered("auth/check-key.test.ts"),
  MAX_CLEARED_KEYS: remembered("registry/calls/revocations.test.ts"),
  MAX_LISTED_KEYS: kept("registry/boundaries.test.ts"),
  MAX_JOB_ID_CHARS: "advertised only: a longer id is answered like any unknown one (mcp/tools/jobs-get-status.test.ts)",
  MAX_KEY_CHARS: "a longer text is no key, as a shorter wrong one is none: both are 401 (auth/api-key.test.ts)",
  MIN_SECRET_CHARS: "a least, of the operator: auth/authenticate.test.ts has 31 and 32",
  SPENT_CODE_KEPT_MS: "how long we remember",
  LAST_STATE_KEPT_MS: "how long we remember: registry/storage/last-states.test.ts",
  ACCESS_TOKEN_SECONDS: "how long what we give lives",
  REFRESH_TOKEN_SECONDS: "how long what we give lives",
  MIN_TOKEN_SECONDS: "how long what we give lives",
  CLIENT_REGISTRATION_SECONDS: "how long we remember",
  MAX_EVENT_RESULT_BYTES: "what is kept of a result, told by its size above: events/job-facts.test.ts",
  MAX_EVENT_DATA_BYTES: "runner/step-kinds/emit.test.ts has it and one more",
  MAX_EVENT_LOOKS: pace,
  DEFAULT_POLLED_EVENTS: defaults("MAX_LIST_ROWS"),
  EVENT_POLL_MS: pace,
  MAX_POLL_HOLD_MS: pace,
  EVENT_HEARTBEAT_MS: pace,
  MAX_CALLBACK_URL_CHARS: "mcp/events/subscribe.test.ts has it and one more",
  MAX_EVENT_SUBSCRIPTIONS: "mcp/events/subscribe.test.ts has it and one more",
  CALLBACK_TIMEOUT_MS: pace,
  MAX_CALLBACK_ANSWER_BYTES: kept("what is read of a callback's answer"),
  MAX_DELIVERY_WAIT_MS: `${pace}; events/delivery.test.ts`,
  DEFAULT_SUBSCRIPTION_MS: defaults("MAX_SUBSCRIPTION_MS"),
  MIN_SUBSCRIPTION_MS: "a suggestion, clamped and never refused: mcp/events/subscribe.test.ts",
  MAX_SUBSCRIPTION_MS: "a suggestion, clamped and never refused: mcp/events/subscribe.test.ts",
  ENDED_SUBSCRIPTION_KEPT_MS: "how long we remember",
  SECRET_OVERLAP_MS: "how long we remember: registry/deliver/event-deliveries.test.ts",
  MAX_KEPT_ATTEMPTS: kept("registry/deliver/event-deliveries.test.ts"),
  DELIVERED_AT_ONCE: "rows of one look, the others come next: registry/deliver/event-deliveries.test.ts",
  SUBSCRIPTIONS_AT_ONCE: "rows of one look, the others come next",
  SUBSCRIPTION_LOOK_MS: pace,
  SUBSCRIPTION_LEASE_MS: pace,
  SUSPENDED_LOOK_MS: pace,
  EVENT_KEPT_MS: "what is kept: registry/calls/read-events.test.ts",
  LISTENING_MS: "how long we remember: registry/calls/read-events.test.ts",
  LISTENING_RENEWED_MS: `${pace}; registry/calls/read-events.test.ts`,
  DEFAULT_EVENTS_KEPT: "a setting's default: registry/calls/read-events.test.ts has one at its bound",
  EVENT_PURGE_BATCH: "what one alarm deletes: registry/calls/read-events.test.ts",
  MAX_EVENT_SCAN: "rows of one look, the others come next: registry/calls/read-events.test.ts",
  MAX_EVENT_PAGE_BYTES: "what one read gives, the others come next: registry/calls/read-events.test.ts",
  SIGN_IN_WINDOW_SECONDS: "over which the platform counts: http/sign-in-limit.test.ts",
};

const files = globSync(["**/boundaries*.test.ts", "limits.test.ts"], { cwd: import.meta.dirname });
const text = files.map((path) => readFileSync(join(import.meta.dirname, path), "utf8")).join("\n");
const tested = new Set([...text.matchAll(/^atBound\("(\w+)"/gm)].map(([, cap]) => cap));

describe("every cap", () => {
  it.each(Object.keys(limits) as Cap[])(
    "%s is tested at its bound, or says why it bounds nothing that is sent",
    (cap) => {
      expect([tested.has(cap), cap in NO_INPUT]).toContainEqual(true);
      expect(tested.has(cap) && cap in NO_INPUT).toBe(false);
    },
  );

  it("that gives a test as its reason names one that is there", () => {
    const named = Object.values(NO_INPUT).flatMap((reason) => reason.match(/[\w/-]+\/[\w-]+\.test\.ts/g) ?? []);
    expect(named.length).toBeGreaterThan(10);
    for (const path of named) expect(readFileSync(join(import.meta.dirname, path), "utf8")).toContain("expect");
  });
});
