import { BLUEPRINTS_SQL } from "../../../src/registry/storage/blueprint-versions.ts";
import { EVENTS_SQL } from "../../../src/registry/storage/event-log.ts";
import { EVENT_LOOK_SQL } from "../../../src/registry/storage/event-look.ts";
import { EVENT_WAITS_SQL } from "../../../src/registry/storage/event-wait-rows.ts";
import { KEYS_SQL } from "../../../src/registry/storage/idempotency-keys.ts";
import { JOB_TEXTS_SQL } from "../../../src/registry/storage/job-texts.ts";
import { JOBS_SQL } from "../../../src/registry/storage/jobs.ts";
import { OFFERS_SQL } from "../../../src/registry/storage/offer-rows.ts";
import { PLANS_SQL } from "../../../src/registry/storage/plans.ts";
import { RATE_TURNS_SQL } from "../../../src/registry/storage/rate-turn-rows.ts";
import { TENANT_SECRETS_SQL } from "../../../src/registry/storage/secret-rows.ts";
import { STORE_SQL } from "../../../src/registry/storage/store-entries.ts";
import { SUBSCRIPTIONS_SQL } from "../../../src/registry/storage/subscriptions.ts";
import { TRIGGERS_SQL } from "../../../src/registry/storage/trigger-tables.ts";
import { VALUES_SQL } from "../../../src/registry/storage/values.ts";

const TABLES = {
  jobs: JOBS_SQL,
  job_texts: JOB_TEXTS_SQL,
  job_values: VALUES_SQL,
  plans: PLANS_SQL,
  idempotency_keys: KEYS_SQL,
  blueprints: BLUEPRINTS_SQL,
  store: STORE_SQL,
  events: EVENTS_SQL,
  event_look: EVENT_LOOK_SQL,
  event_waits: EVENT_WAITS_SQL,
  subscriptions: SUBSCRIPTIONS_SQL,
  offers: OFFERS_SQL,
  rate_turns: RATE_TURNS_SQL,
  tenant_secrets: TENANT_SECRETS_SQL,
  triggers: TRIGGERS_SQL,
};

/** What the object says to its tables of jobs and blueprints, named `<table>.<statement>`. */
export const STATEMENTS: Record<string, string> = Object.fromEntries(
  Object.entries(TABLES).flatMap(([table, sql]) =>
    Object.entries(sql).map(([name, statement]) => [`${table}.${name}`, statement]),
  ),
);
