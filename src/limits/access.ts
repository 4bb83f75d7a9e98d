/** What guards access: secrets, keys, sign-ins, and what is kept of them. */

import { DAY, KIB, MINUTE, SECOND } from "./units.ts";

/** An AUTH_SECRET that is shorter could be guessed by anybody who holds one API key. */
export const MIN_SECRET_CHARS = 32;
/** A shorter secret of BLUEPRINT_SECRETS could be guessed, and would be found in texts that have nothing to do with it. */
export const MIN_BLUEPRINT_SECRET_CHARS = 8;
/** Of one tenant: their names stand in errors, and the runner opens all of them for each run. */
export const MAX_TENANT_SECRETS = 100;
/** Hosts that one secret of a tenant may be sent to. */
export const MAX_SECRET_HOSTS = 20;
/** A name of DNS has 253 characters at most; with a wildcard and a port. */
export const MAX_HOST_CHARS = 262;
/** Of the request with the trace of a job: nobody waits for it. */
export const OTLP_TIMEOUT_MS = 10 * SECOND;
/** Secrets that one alarm seals again under a new AUTH_SECRET. */
export const SEALED_AGAIN_AT_ONCE = 50;
/** A variable has 5 KB at most: https://developers.cloudflare.com/workers/platform/limits/ (2026-11) */
export const MAX_BLUEPRINT_SECRET_CHARS = 5 * KIB;
/** Escapes of JSON, URLs and HTML inside each other, under which a secret is found in what a service repeats. */
export const MAX_UNDONE_LAYERS = 2;
/** An API key is about 250 characters. */
export const MAX_KEY_CHARS = 1_024;
/** Plans that one isolate remembers to have checked, and the longest document of one: some megabytes together. */
export const MAX_RECENT_PLANS = 256;
export const MAX_RECENT_PLAN_CHARS = 4 * KIB;
/** Answers that one isolate keeps as they were sent, of 14 KB at most: five for each name of the deployment and era. */
export const MAX_STATIC_ANSWERS = 64;
/** Of an input, and of a result, that a job's own row holds. */
export const MAX_ROW_VALUE_BYTES = KIB;
/** Of all outputs of steps that it holds besides: it is written anew with each report. */
export const MAX_ROW_OUTPUTS_BYTES = 4 * KIB;
/** Jobs that one object remembers as it read them, and how much JSON such a job has at most: 4 MiB of text in all. */
export const MAX_RECENT_JOBS = 512;
export const MAX_RECENT_JOB_CHARS = 8 * KIB;
/** Signing keys that one isolate remembers: one for each purpose and secret. */
export const MAX_DERIVED_KEYS = 16;
/** Verified keys that one isolate remembers, about half a kilobyte each. */
export const MAX_VERIFIED_KEYS = 1_000;
/** Keys that one object remembers as not revoked. */
export const MAX_CLEARED_KEYS = 1_000;
export const DEFAULT_KEY_DAYS = 365;
export const MAX_KEY_DAYS = 3_650;
/** How far the clock of whoever made a key may be ahead of ours. */
export const KEY_CLOCK_SKEW_MS = 5 * MINUTE;
/** Objects of a tenant that a revocation is written to at the same time. */
export const REVOKE_CONCURRENCY = 8;
/** Revoked keys that one list names, the newest first. */
export const MAX_LISTED_KEYS = 1_000;
/** A client that holds a deleted job as a task hears for so long how it ended: https://modelcontextprotocol.io, extension Tasks, asks at its own pace. */
export const LAST_STATE_KEPT_MS = 60 * MINUTE;
/**
 * Waits that one key may have open in one object: the next one ends the oldest. An agent has a few, and a client that hangs
 * up may leave its own behind for MAX_WAIT_MS.
 */
export const MAX_WAITS_PER_KEY = 100;
/**
 * Waits that one object holds open, of all its callers: the next one ends the oldest. Each holds a call with its request for up to MAX_WAIT_MS, some
 * 10 KB: these are a tenth of the object's 128 MiB (https://developers.cloudflare.com/durable-objects/platform/limits/,
 * 2026-11-29), and ten keys can have their most.
 */
export const MAX_WAITS = 1_000;
/** Streams that one object feeds for one key, of MAX_LISTENERS. */
export const MAX_LISTENERS_PER_KEY = 64;
/** A session of the dashboard: a working day. */
export const SESSION_MS = 8 * 60 * MINUTE;
export const AUDIT_KEPT_MS = 90 * DAY;
/** Rows of one object, some 94 bytes each: what callers cancel and delete must not fill it. The oldest go first. */
export const MAX_AUDIT_ROWS = 1_000_000;
/** Rows that one alarm deletes at most. */
export const AUDIT_PURGE_BATCH = 500;
/** Entries that one answer names, the newest first. */
export const MAX_LISTED_AUDIT = 1_000;
/** Longest name of a caller that is kept with what it did: a key id and an OAuth client's id. */
export const MAX_ACTOR_CHARS = 200;
/** Authorization codes live 10 minutes. */
export const SPENT_CODE_KEPT_MS = 60 * MINUTE;
export const ACCESS_TOKEN_SECONDS = 3_600;
export const REFRESH_TOKEN_SECONDS = 30 * 86_400;
/** The shortest life that KV can give a record: https://developers.cloudflare.com/kv/api/write-key-value-pairs/ (2026-11) */
export const MIN_TOKEN_SECONDS = 60;
/** Sign-ins that begin without credentials are counted over this; how many stands in wrangler.toml, with the same window. */
export const SIGN_IN_WINDOW_SECONDS = 60;
/** What one registration may say; the longest of real clients has about 1 KiB. */
export const MAX_REGISTRATION_BYTES = 8 * KIB;
/** As the draft of client ID metadata documents advises. */
export const MAX_CLIENT_DOCUMENT_BYTES = 5 * KIB;
export const CLIENT_DOCUMENT_TIMEOUT_MS = 5 * SECOND;
/** One sign-in needs a client's document about four times. */
export const CLIENT_DOCUMENT_KEPT_MS = 5 * MINUTE;
/** Documents that one isolate remembers. */
export const MAX_CLIENT_DOCUMENTS = 200;
/** OAuth clients that registered themselves and then stay away are forgotten after this. */
export const CLIENT_REGISTRATION_SECONDS = 30 * 86_400;
