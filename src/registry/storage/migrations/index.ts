import { JOBS } from "./0001-jobs.ts";
import { REVOKED_KEYS } from "./0002-revoked-keys.ts";
import { SAVED_BLUEPRINTS } from "./0003-saved-blueprints.ts";
import { SPENT_CODES } from "./0004-spent-codes.ts";
import { JOB_NUMBERS } from "./0005-job-numbers.ts";
import { CHAINS } from "./0006-chains.ts";
import { AUDIT } from "./0007-audit.ts";
import { DELETED_BLUEPRINTS } from "./0008-deleted-blueprints.ts";
import { STORE } from "./0009-store.ts";
import { EVENTS } from "./0010-events.ts";
import { EMITTED_EVENTS } from "./0011-emitted-events.ts";
import { OFFERS } from "./0012-offers.ts";
import { SMALL_INPUTS } from "./0013-small-inputs.ts";
import { TRIGGERS } from "./0014-triggers.ts";
import { SUBSCRIPTIONS } from "./0015-subscriptions.ts";
import { UNDO } from "./0016-undo.ts";
import { SMALL_OUTPUTS } from "./0017-small-outputs.ts";
import { TENANT_SECRETS } from "./0018-tenant-secrets.ts";
import { EVENT_TRIGGERS } from "./0019-event-triggers.ts";
import { REPLAYS } from "./0020-replays.ts";
import { GONE_CHILDREN } from "./0021-gone-children.ts";
import { SLOTS } from "./0022-slots.ts";
import { JOB_TEXTS } from "./0023-job-texts.ts";
import { EVENT_WAITS } from "./0024-event-waits.ts";
import { RECORDED_AT } from "./0025-recorded-at.ts";
import { TRIGGER_ORIGINS } from "./0026-trigger-origins.ts";
import { RATE_TURNS } from "./0027-rate-turns.ts";
import type { Migration } from "./migration.ts";

/** Append only: what was released is never edited. One file a migration. */
export const MIGRATIONS: readonly Migration[] = [
  JOBS,
  REVOKED_KEYS,
  SAVED_BLUEPRINTS,
  SPENT_CODES,
  JOB_NUMBERS,
  CHAINS,
  AUDIT,
  DELETED_BLUEPRINTS,
  STORE,
  EVENTS,
  EMITTED_EVENTS,
  OFFERS,
  SMALL_INPUTS,
  TRIGGERS,
  SUBSCRIPTIONS,
  UNDO,
  SMALL_OUTPUTS,
  TENANT_SECRETS,
  EVENT_TRIGGERS,
  REPLAYS,
  GONE_CHILDREN,
  SLOTS,
  JOB_TEXTS,
  EVENT_WAITS,
  RECORDED_AT,
  TRIGGER_ORIGINS,
  RATE_TURNS,
];
