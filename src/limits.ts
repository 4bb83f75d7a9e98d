/**
 * Every cap of the server in one place: its unit is in its name, its reason beside it.
 * The local runtime is laxer than production, so these are enforced by our own checks.
 */

const KIB = 1024;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 86_400 * SECOND;

// What a caller may send.
export const MAX_BODY_BYTES = 256 * KIB;
export const MAX_METADATA_BYTES = 16 * KIB;
export const MAX_INPUT_BYTES = 128 * KIB;
export const MAX_BLUEPRINT_BYTES = 64 * KIB;
export const MAX_JSON_DEPTH = 32;
/** Fields and elements of one call's arguments, all levels together. */
export const MAX_JSON_ELEMENTS = 10_000;
export const MAX_NAME_CHARS = 128;
export const MAX_IDEMPOTENCY_KEY_CHARS = 128;
export const MAX_METADATA_FILTERS = 3;
/** A blueprint's `name` or `name@version`, with room for what an error can repeat of a wrong one. */
export const MAX_REFERENCE_CHARS = 200;

// What a blueprint may hold.
export const MAX_STEPS = 100;
export const MAX_STRING_CHARS = 16 * KIB;
export const MAX_SCHEMA_DEPTH = 16;
export const MAX_RETRIES = 20;
export const MAX_MAP_ITEMS = 1_000;
export const MAX_MAP_CONCURRENCY = 20;
export const MAX_BRANCHES = 20;
/** Jobs inside each other, the outermost counted. */
export const MAX_JOB_DEPTH = 5;
/** The engine takes step names of 256 characters: https://developers.cloudflare.com/workflows/reference/limits/ (2026-11) */
export const MAX_STEP_PATH_CHARS = 200;

/** A question goes into a model's context with every status: its message as it is asked, its schema as it is written. */
export const MAX_QUESTION_BYTES = 2 * KIB;
export const MAX_QUESTION_SCHEMA_BYTES = 4 * KIB;

// What one step may cost. The engine caches step results of at most 1 MiB.
// https://developers.cloudflare.com/workflows/reference/limits/ (2026-11)
export const MAX_OUTPUT_BYTES = 512 * KIB;
export const DEFAULT_HTTP_BYTES = 256 * KIB;
export const MAX_HTTP_BYTES = 512 * KIB;
/** With its query. Cloudflare serves no longer one: https://developers.cloudflare.com/workers/platform/limits/ (2026-11) */
export const MAX_REQUEST_URL_CHARS = 16 * KIB;
export const MAX_EXPECTED_STATUSES = 100;
/** Outputs of all items of a map, or of all branches: they are in memory together. */
export const MAX_ROWS_BYTES = 16 * KIB * KIB;
export const MAX_REDIRECTS = 5;
export const MAX_STEP_TIMEOUT_MS = 10 * MINUTE;
export const MAX_RETRY_DELAY_MS = DAY;
/** A delay that grows stops growing here: a service that is back after an hour should not wait for another. */
export const MAX_BACKOFF_MS = 5 * MINUTE;
/** Delays are longer by up to this part of them, so that what failed together does not come back together. */
export const RETRY_SPREAD = 0.2;
/** A sleep is at most a year: https://developers.cloudflare.com/workflows/reference/limits/ (2026-11) */
export const MAX_SLEEP_MS = 365 * DAY;
export const DEFAULT_POLLS = 60;
export const MAX_POLLS = 1_000;
export const MAX_POLL_PAUSE_MS = DAY;
/** A question cannot outlive its job. */
export const MAX_INPUT_TIMEOUT_MS = 30 * DAY;

// What one expression may cost. Counted, not timed: a Worker's clock stands still while it computes.
export const MAX_EVALUATIONS = 500_000;
export const MAX_EVALUATION_DEPTH = 200;
export const MAX_VALUE_BYTES = 512 * KIB;
export const MAX_RANGE_ITEMS = 10_000;
/** Of a list that a path or function makes: as many as the shortest numbers that a value can hold. */
export const MAX_SEQUENCE_ITEMS = 256 * KIB;
/** Rows of joins (`@` and `#`) that one expression may make; each is an object that holds all its variables. */
export const MAX_JOINED_ROWS = 50_000;
/** Units of `Meter.spend`; about a second of the slowest kind of work. */
export const MAX_EVALUATION_WORK = 20_000_000;
/** Of all expressions of one attempt: about 15 seconds of the thread that all jobs of a process share. */
export const MAX_JOB_EVALUATIONS = 20_000_000;
export const MAX_JOB_WORK = 400_000_000;
/** Units of work that take as long as one evaluation. */
export const EVALUATION_WORK = 16;
/** Units of work, evaluations among them, between two pauses: 4 ms, so that a hundred such jobs hold up nobody. */
export const MAX_TURN_WORK = 80_000;
/** Recursion, and groups that are computed at the same time; 2,000 hold about 11 MB. */
export const MAX_CALLS_IN_FLIGHT = 2_000;
export const MAX_REGEX_INSTRUCTIONS = 1_000;
/** Letters of the pictures and texts that `$toMillis`, `$formatNumber` and the like take. */
export const MAX_PICTURE_CHARS = 128;
/** Schema positions times input values: what checking one input may cost. */
export const MAX_SCHEMA_CHECKS = 1_000_000;
export const MAX_UNIQUE_ITEMS = 1_000;
export const MAX_FAULTS = 20;

// Time.
export const MAX_WAIT_MS = 50 * SECOND;
export const DEFAULT_JOB_TIMEOUT_MS = DAY;
/** No sleep and no wait of the engine is longer: https://developers.cloudflare.com/workflows/reference/limits/ (2026-11) */
export const MAX_ENGINE_WAIT_MS = 365 * DAY;
/** A job that ends later would have a wait that the engine does not take. */
export const MAX_JOB_TIMEOUT_MS = 365 * DAY;
/**
 * Then the runner looks, and waits for the child again. Shorter than MAX_ENGINE_WAIT_MS, because runners of 0.1.0 add a
 * second to what they are told and wait no more than 20 times.
 */
export const MAX_CHILD_WAIT_MS = 30 * DAY;
/** What a wait that an expression gives counts as, when a job's timeout is made of the waits that its plan names. */
export const EXPRESSION_WAIT_MS = 7 * DAY;
export const MAX_RUN_AT_AHEAD_MS = 365 * DAY;

// The engine. A report that is this late makes the registry ask the engine.
export const REPORT_GRACE_MS = 10 * SECOND;
export const DISPATCH_GRACE_MS = 30 * SECOND;
/** An engine that has not answered after this is taken to be away. */
export const ENGINE_ANSWER_MS = 20 * SECOND;
/** An accepted job that is still not handed over after this is handed over by the alarm. */
export const OUTBOX_GRACE_MS = 5 * SECOND;
/** A job that waits for a place gets it when one is free; the alarm looks after it after this, or twice this at most. */
export const SLOT_GRACE_MS = 5 * MINUTE;
/** createBatch takes at most 100 instances: https://developers.cloudflare.com/workflows/build/workers-api/ (2026-11) */
export const MAX_DISPATCH_BATCH = 100;
/**
 * Before a refusing engine is asked again. It takes 100 new instances a second of all callers together:
 * https://developers.cloudflare.com/workflows/reference/limits/ (2026-11)
 */
export const DISPATCH_PAUSE_MS = SECOND;
/** Pauses double up to this while all is refused. */
export const MAX_DISPATCH_PAUSE_MS = 30 * SECOND;
/** A running instance that is silent after so many is given up; the timeline notes no more of them in a row. */
export const MAX_NUDGES = 5;
export const MAX_ATTEMPTS = 3;
/**
 * Tries of one step that may die with their process before the step fails. One that met some deployments must go on; one
 * that brings its process down must end.
 */
export const MAX_INTERRUPTED_TRIES = 10;
/** Rows that one alarm looks at before it re-arms itself. */
export const ALARM_BATCH = 50;

/** Settled jobs are kept this long, unless the deployment says otherwise; ten years at most. */
export const DEFAULT_RETENTION_DAYS = 30;
export const MAX_RETENTION_DAYS = 3_650;

// What a tenant may use of one shard, unless the deployment says otherwise.
export const DEFAULT_ACTIVE_JOBS = 10_000;
export const DEFAULT_RUNNING_JOBS = 100;
export const DEFAULT_SUBMITS_PER_MINUTE = 600;
export const DEFAULT_STORED_BYTES = KIB * KIB * KIB;
/** The largest number that a quota can be set to: 15 digits, which a number holds exactly. */
export const MAX_QUOTA = 999_999_999_999_999;
/** Versions that a tenant keeps saved, 64 KiB each and its plan as much: 128 MiB. A key that saves only cannot fill the quota. */
export const MAX_SAVED_BLUEPRINTS = 1_000;
/** A child is a submit of its parent. */
export const DEFAULT_TREE_JOBS = 1_000;
/** Of all jobs of the shard: as many actions of `http` and `handler` steps begin in a minute. 50 a second. */
export const DEFAULT_REQUESTS_PER_MINUTE = 3_000;
/** Submits and requests are counted over this. */
export const RATE_WINDOW_MS = MINUTE;

// What one attempt of a job may hold at once, so that the process serves others beside it.
/** Rows of all maps that are open at once; each holds a scope, and perhaps an engine step. */
export const MAX_OPEN_ROWS = 10_000;
/** Outputs of steps, of all rows, in memory as far as that is known: with their copies an isolate's 128 MB hold them. */
export const MAX_HELD_BYTES = 32 * KIB * KIB;
/** The same of all jobs of a tenant that run in one process, children too, but for what small ones hold. */
export const MAX_TENANT_HELD_BYTES = 32 * KIB * KIB;
/** An attempt that holds less does not wait for others: 100 run at once by default. */
export const MAX_UNSHARED_BYTES = KIB * KIB;
/** A large one waits for others to end, and then fails. */
export const MAX_CROWDED_MS = 30 * SECOND;
export const CROWDED_PAUSE_MS = 250;
/** Tenants whose attempts one process counts. */
export const MAX_HOLDING_TENANTS = 1_000;
/** Actions that run at once: each may read an answer of MAX_HTTP_BYTES, 16 MiB together. Further ones wait. */
export const MAX_ACTIONS_IN_FLIGHT = 32;
/** An action waits so long for its turn inside an engine step; then the engine is asked to try again. */
export const MAX_TURN_MS = 10 * MINUTE;
/** Between two questions whether an action may begin. */
export const MIN_TURN_PAUSE_MS = 250;

// What is kept, and what a reply may hold.
export const MAX_EVENTS = 500;
/** From this many events on, only job-level and failure events are recorded. */
export const QUIET_AFTER_EVENTS = 400;
export const MAX_LIST_ROWS = 100;
export const DEFAULT_LIST_ROWS = 20;
/** Rows that one list call may look at when a filter has no index of its own. */
export const MAX_LIST_SCAN = 1_000;
export const MAX_INLINE_RESULT_BYTES = 8 * KIB;
export const MAX_TEXT_RESULT_BYTES = 4 * KIB;
export const MAX_ERROR_CHARS = 500;

// What the handlers of the catalogue may cost, and what they answer.
export const AUDIT_TIMEOUT_MS = 15 * SECOND;
export const MAX_AUDIT_BYTES = 256 * KIB;
export const MAX_AUDIT_URLS = 50;
export const MAX_TITLE_CHARS = 200;
export const MAX_URL_CHARS = 2 * KIB;
export const DEFAULT_LINKS = 50;
export const MAX_LINKS = 200;

// The protocol side.
/** Shards that a tenant may have; an id that names a higher one is of no job. */
export const MAX_REGISTRY_SHARDS = 64;
/** Longest job id that is advertised to clients. Longer ones are answered like any unknown id. */
export const MAX_JOB_ID_CHARS = 64;
/** Longest piece of a caller's own text that an error repeats. */
export const MAX_ECHO_CHARS = 200;
/** Longest method, name or URI that the protocol's own errors repeat. No such name is as long. */
export const MAX_REPEATED_CHARS = 1_024;
export const MAX_CURSOR_CHARS = 1_024;
/** One reply of a tool, text and structured content together. */
export const MAX_REPLY_BYTES = 24_000;
/** The structured content of the reply to a submit whose job goes on: an agent reads one for each job that it starts. */
export const MAX_ACCEPTED_BYTES = 300;
export const MAX_WAIT_JOBS = 20;
/** Rows read for one status of a parent, whose children may ask; a map runs fewer at a time. */
export const MAX_CHILDREN_LOOKED_AT = 100;
export const DEFAULT_WAIT_MS = 25 * SECOND;
/** How often a caller who asked for it hears of progress. */
export const PROGRESS_EVERY_MS = 2 * SECOND;
/** Lost connections that one wait goes on after. */
export const MAX_WAIT_LOSSES = 3;
/** Job URIs and task ids, together, of one subscriptions/listen. */
export const MAX_SUBSCRIPTIONS = 100;
/** A stream holds its object in memory, which is billed, and its credentials may be gone: it ends, and may be asked for again. */
export const MAX_LISTEN_MS = 5 * MINUTE;
export const KEEP_ALIVE_MS = 15 * SECOND;
/** The edge tells when a client has gone; on this machine only a second write after that fails. */
export const LOCAL_KEEP_ALIVE_MS = 300;
/** Lost connections in a row, without a change between them, that a stream goes on after. */
export const MAX_LISTEN_LOSSES = 6;
/** Streams that one object feeds. */
export const MAX_LISTENERS = 256;
/** Changes that are kept for a slow reader before its stream ends: all listeners together take 32 MiB at most. */
export const MAX_BACKLOG_CHARS = 128 * KIB;
/** A page of a result is in its reply twice: as a field, and as text. */
export const MAX_PAGE_BYTES = 10 * KIB;
export const DEFAULT_PAGE_BYTES = 8 * KIB;
export const MAX_POINTER_CHARS = 1_024;
export const MAX_GOAL_CHARS = 4_000;
/** One value, and the newest timeline entries, that a prompt quotes. */
export const MAX_QUOTED_BYTES = 2 * KIB;
export const MAX_QUOTED_EVENTS = 40;

// Access.
/** An AUTH_SECRET that is shorter could be guessed by anybody who holds one API key. */
export const MIN_SECRET_CHARS = 32;
/** A shorter secret of BLUEPRINT_SECRETS could be guessed, and would be found in texts that have nothing to do with it. */
export const MIN_BLUEPRINT_SECRET_CHARS = 8;
/** A variable has 5 KB at most: https://developers.cloudflare.com/workers/platform/limits/ (2026-11) */
export const MAX_BLUEPRINT_SECRET_CHARS = 5 * KIB;
/** An API key is about 250 characters. */
export const MAX_KEY_CHARS = 1_024;
/** Plans that one isolate remembers to have checked, and the longest document of one: some megabytes together. */
export const MAX_RECENT_PLANS = 256;
export const MAX_RECENT_PLAN_CHARS = 4 * KIB;
/** Answers that one isolate keeps as they were sent, of 14 KB at most: five for each name of the deployment and era. */
export const MAX_STATIC_ANSWERS = 64;
/** Of a result that a job's own row holds. */
export const MAX_ROW_RESULT_BYTES = KIB;
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
/** Waits that one key may have open in one object. An agent has a few; each holds its call open. */
export const MAX_WAITS_PER_KEY = 100;
/** Streams that one object feeds for one key, of MAX_LISTENERS. */
export const MAX_LISTENERS_PER_KEY = 64;
export const AUDIT_KEPT_MS = 90 * DAY;
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
/** Sign-ins that strangers begin are counted over this; how many stands in wrangler.toml, with the same window. */
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
