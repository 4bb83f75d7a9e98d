import { Blueprint } from "../../blueprint/blueprint.ts";
import { ERROR_CODES } from "../../jobs/error-codes.ts";
import {
  DEFAULT_JOB_TIMEOUT_MS,
  DEFAULT_REQUESTS_PER_MINUTE,
  DEFAULT_TREE_JOBS,
  MAX_ACTIONS_IN_FLIGHT,
  MAX_BLUEPRINT_BYTES,
  MAX_BRANCHES,
  MAX_EVALUATIONS,
  MAX_HELD_BYTES,
  MAX_HTTP_BYTES,
  MAX_INLINE_WAIT_MS,
  MAX_INPUT_BYTES,
  MAX_INPUT_TIMEOUT_MS,
  MAX_JOB_DEPTH,
  MAX_JOB_EVALUATIONS,
  MAX_JOB_TIMEOUT_MS,
  MAX_JSON_DEPTH,
  MAX_MAP_ITEMS,
  MAX_METADATA_BYTES,
  MAX_OPEN_ROWS,
  MAX_OUTPUT_BYTES,
  MAX_RETRIES,
  MAX_ROUNDS,
  MAX_SEGMENT_ACTIONS,
  MAX_SLEEP_MS,
  MAX_STEP_TIMEOUT_MS,
  MAX_STEPS,
  MAX_STRING_CHARS,
  MAX_TENANT_HELD_BYTES,
} from "../../limits.ts";
import { commonList, fieldList } from "./field-table.ts";

const mib = (bytes: number): string => `${bytes / 2 ** 20} MiB`;
const kib = (bytes: number): string => `${bytes / 1_024} KiB`;
const days = (ms: number): string => (ms === 86_400_000 ? "1 day" : `${ms / 86_400_000} days`);
const minutes = (ms: number): string => `${ms / 60_000} minutes`;

/** The parts that are the same for every kind of step. */

export const shape = (): string => `A blueprint is one JSON object:

${fieldList(Blueprint)}

Names are 1 to 64 of a-z, 0-9 and -, step ids of a-z, 0-9 and _; both start with a letter. Unknown fields are refused. \`dry_run: true\` lists everything that is wrong, with JSON paths, and stores nothing.`;

export const EXPRESSIONS = `Strings may hold \`{% JSONata %}\`. A string that is one whole expression keeps the type of its value; a field whose expression yields nothing is left out (in a list: null). In a longer string the value is inserted as text, and nothing or null fails the step.

| variable | is |
|-|-|
| \`$input\` | the job's input |
| \`$steps.<id>\` | the output of a step before this one, so \`$steps.page.body.title\` for an \`http\` step; a skipped step's is nothing |
| \`$item\`, \`$index\` | only inside \`map\` |
| \`$state\`, \`$round\` | only inside \`repeat\` |
| \`$response\` | only in \`expect\`, \`until\` and \`pages\` of \`http\`: \`{status, headers, body, bytes, url}\` |
| \`$job\` | \`id\`, \`attempt\`, \`submitted_at\` |

- There is no context: write \`$input.repo\`, never \`repo\`. Inside a path or a filter plain names are fields: \`$steps.rows[ok = false].name\`.
- \`=\` compares, \`&\` joins text, \`in\` looks in a list, both compare objects and lists by what they hold; texts are in single quotes: \`{% $input.first & ' ' & $input.last %}\`. \`and\`, \`or\`, \`$not(x)\`, \`a ? b : c\`, \`$exists(x)\`.
- A filter or path that finds one value gives it bare, not in a list: write \`[$steps.rows[ok].id]\` where a list is needed.
- \`$count\`, \`$map\`, \`$filter\`, \`$sort\`, \`$distinct\`, \`$substring\`, \`$merge\`, \`$fromMillis\`, \`$toMillis\` and the others of JSONata exist, also \`$parse(text, format)\` (\`json\`, \`csv\`, \`ndjson\`, \`sse\`, or \`xml\`: attributes are \`@name\`, text beside them \`#text\`), \`$hash(text)\` (SHA-256 in hex; base64 by \`$hash(text, 'SHA-256', 'base64')\`), \`$url(base, reference, query)\` (a path or next link; never to another host), \`$time(instant, zone, picture)\` (zones as \`Europe/Berlin\`, also in \`$fromMillis\` and \`$now\`), \`$truncate(text, n)\`, \`$partition(list, n)\`; \`$uuid(seed)\` and \`$random()\` (by job and step); \`$eval\` and \`$shuffle\` do not. \`$now()\` and \`$millis()\` are when the step before ended.
- \`when\`, \`until\` and \`expect\` are false for nothing, null, false, 0, empty text, \`[]\`, \`{}\` and lists of only such values, else true. \`$not(nothing)\` is true and \`$boolean(nothing)\` false, so ask for a yes: \`$steps.ok.action = 'accept'\`.
- \`$error('why')\` fails the step with that message; \`$assert(condition, 'why')\` does unless it is true.
- Bounded by work, not time: one that goes too far fails its step.`;

export const common = (): string => `${commonList()}

Durations are a number and a unit: \`30 seconds\`, \`5 minutes\`, \`2 hours\`, \`1 day\`; they and numbers may be one expression. \`retry\` acts on \`http\`, \`handler\`, \`ai\` and \`worker\`, \`timeout\` also on \`input\`, \`map\`, \`parallel\` and \`repeat\`; \`when\` and \`on_error\` on every kind. \`retry.limit\` counts tries after the first one (3 for \`http\`, \`ai\` and \`worker\`, else 0); \`retry.backoff\` is \`fixed\`, \`linear\` or \`exponential\`.`;

const codes = Object.entries(ERROR_CODES).map(([code, meaning]) => `- \`${code}\`: ${meaning}`);

export const ERROR_LIST = `\`error_code\` of a failed job, and \`code\` of an error that is passed over; a handler may add its own.

${codes.join("\n")}`;

export const FAILURES = `A step that fails for good fails the job; \`error\` names it, \`error_code\` says what kind it is (\`guide/errors\` lists them). With \`on_error: "continue"\` the output is \`{error: {code, message, status?, body?}}\` (\`body\`: what the service answered, when it is short) and the job goes on: test it with \`$exists($steps.x.error)\`. Once a row of a \`map\` or a branch of a \`parallel\` fails, the others are stopped and awaited before the next step begins; with \`on_error: "continue"\` the output is then \`{error, done}\`, \`done\` with the outputs of those that had finished (of a \`map\` a list, null for the others). jobs_retry goes on as a new job inside the first step that did not finish, its finished rows, branches and pages kept; it takes \`blueprint\` (a corrected plan: its steps up to the first that changed are kept), \`input\`, \`from_step\` and \`timeout_seconds\`.`;

export const limits =
  (): string => `- Blueprint ${kib(MAX_BLUEPRINT_BYTES)}, ${MAX_STEPS} steps in all, ${MAX_STRING_CHARS} characters a string, ${MAX_JSON_DEPTH} levels; input ${kib(MAX_INPUT_BYTES)}; metadata ${kib(MAX_METADATA_BYTES)}.
- A step's output and the result ${kib(MAX_OUTPUT_BYTES)}; a response \`max_bytes\`, at most ${kib(MAX_HTTP_BYTES)}: more fails, nothing is cut. Ask for less, page, or keep only what you need.
- \`map\` ${MAX_MAP_ITEMS} items; \`parallel\` ${MAX_BRANCHES} branches; \`repeat\` ${MAX_ROUNDS} rounds; jobs inside jobs ${MAX_JOB_DEPTH} deep; ${MAX_RETRIES} retries.
- One try ${minutes(MAX_STEP_TIMEOUT_MS)}; \`sleep\` ${days(MAX_SLEEP_MS)}; a question ${days(MAX_INPUT_TIMEOUT_MS)}; a job \`timeout_seconds\`, ${days(DEFAULT_JOB_TIMEOUT_MS)} and the waits that the plan names when left out, at most ${days(MAX_JOB_TIMEOUT_MS)}.
- An expression ${MAX_EVALUATIONS} evaluations, all of a job ${MAX_JOB_EVALUATIONS}; its outputs together ${mib(MAX_HELD_BYTES)} of memory, of all jobs of a tenant in one process ${mib(MAX_TENANT_HELD_BYTES)}, its open maps and repeats ${MAX_OPEN_ROWS} rows; a job with its children and theirs ${DEFAULT_TREE_JOBS} jobs: more fails with \`limit_exceeded\`. More than ${MAX_ACTIONS_IN_FLIGHT} requests of a job at once wait. All jobs together ${DEFAULT_REQUESTS_PER_MINUTE} requests a minute by default: more wait.
- The engine meters steps: a job costs 1, however many steps and rows it has, and 1 more for each ${MAX_SEGMENT_ACTIONS} actions or minute of work; a wait of more than ${MAX_INLINE_WAIT_MS / 1_000} seconds (\`sleep\`, a question, a child, a retry, a poll) costs 2, shared by all that wait at the same time.`;

export const UNDO = `\`undo\` on a step that acts is one step, or a list, that takes its effect back; it needs no \`id\`, and sees what its step saw and that step's output. When the job fails, is cancelled or times out, the undos of finished steps run, the last finished first, inside rows too; then \`finally\`, which also runs after success and sees \`$outcome\`: \`{status, error: {code, message, step} | null}\`. What branches did that were not \`first\` in their parallel is undone at once. They are a job of their own, \`cleanup_job_id\` of this one; one that fails does not stop the next, and jobs_retry of the cleanup job goes on. Until it has settled, its parent can be neither retried nor deleted; a retry begins at the first step that was undone. A step whose outcome nobody knows (a timeout, a broken connection) is undone only with \`"unknown": true\` in the undo, its \`$steps.<id>\` null.

\`\`\`json
{ "blueprint": { "name": "book-trip",
 "steps": [
  { "id": "hotel", "type": "http", "method": "POST", "url": "https://api.example.com/hotels", "body": { "city": "{% $input.city %}" },
    "undo": { "type": "http", "method": "DELETE", "url": "https://api.example.com/hotels/{% $steps.hotel.body.id %}" } },
  { "id": "flight", "type": "http", "method": "POST", "url": "https://api.example.com/flights", "body": { "city": "{% $input.city %}" } } ],
 "finally": [ { "id": "tell", "type": "http", "method": "POST", "url": "https://api.example.com/hooks/trip", "body": { "status": "{% $outcome.status %}" } } ] },
 "input": { "city": "Oslo" } }
\`\`\``;
