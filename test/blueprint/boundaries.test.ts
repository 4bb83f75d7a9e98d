import { checkBlueprint } from "../../src/blueprint/checks/check.ts";
import { type Json, type JsonObject, jsonBytes } from "../../src/lib/json.ts";
import { atBound, nestedLists } from "../support/boundaries.ts";
import { aBlueprint, aTransform, checkInput } from "./support.ts";

const refusalOf = (document: Json): string | undefined => {
  const checked = checkBlueprint(document, { handlers: [] });
  return checked.ok
    ? undefined
    : checked.error.map(({ path, message, fix }) => `${path}: ${message}. ${fix}`).join("\n");
};
const ofStep = (step: JsonObject) => refusalOf(aBlueprint([{ id: "a", ...step }]));
const http = (more: JsonObject) => ofStep({ type: "http", url: "https://example.com/", ...more });
const map = (more: JsonObject) => ofStep({ type: "map", over: [1], steps: [aTransform("b")], ...more });
const seconds = (ms: number): string => `${ms / 1_000} seconds`;
const letters = (count: number): string => "a".repeat(count);

/** Filled up to this many bytes of JSON. */
function filled(make: (filling: string) => JsonObject, bytes: number): JsonObject {
  return make(letters(bytes - jsonBytes(make(""))));
}

const fourTexts = Array(4).fill(letters(16_000));
atBound("MAX_BLUEPRINT_BYTES", {
  of: "a document",
  refusal: /^blueprint: is 65537 bytes of JSON, more than 65536\. Pass large values as input\.$/,
  attempt: (bytes) => refusalOf(filled((text) => aBlueprint([aTransform("a", [...fourTexts, text])]), bytes)),
});

atBound("MAX_JSON_DEPTH", {
  of: "a document",
  refusal: /^blueprint\.steps\[0\]\.value.*: is nested deeper than 32 levels/,
  // The document, its steps and the step are three.
  attempt: (levels) => refusalOf(aBlueprint([aTransform("a", JSON.parse(nestedLists(levels - 3)))])),
});

atBound("MAX_STRING_CHARS", {
  of: "a text in a document",
  refusal: /^blueprint\.steps\[0\]\.value: has 16385 characters, more than 16384\. Shorten it, or pass it as input\.$/,
  attempt: (chars) => refusalOf(aBlueprint([aTransform("a", letters(chars))])),
});

atBound("MAX_STEPS", {
  of: "a document",
  refusal: /^blueprint\.steps: has 101 steps.*the most is 100\. Use a map/,
  attempt: (steps) => refusalOf(aBlueprint(Array.from({ length: steps }, (_, i) => aTransform(`s${i}`)))),
});

atBound("MAX_SCHEMA_DEPTH", {
  of: "a schema of an input",
  refusal: /^blueprint\.input(\.items){16}: .*16/,
  attempt: (levels) => {
    const schema = JSON.parse(`${'{"items":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`);
    return refusalOf(aBlueprint([aTransform("a")], { input: schema }));
  },
});

atBound("MAX_RETRIES", {
  of: "a step",
  refusal: /^blueprint\.steps\[0\]\.retry\.limit: must be at most 20\. Send a number of at most 20\.$/,
  attempt: (limit) => http({ retry: { limit } }),
});

atBound("MAX_RETRY_DELAY_MS", {
  of: "a step",
  refusal: /^blueprint\.steps\[0\]\.retry\.delay: is longer than 86400 seconds/,
  attempt: (ms) => http({ retry: { delay: seconds(ms) } }),
  step: 1_000,
});

atBound("MAX_STEP_TIMEOUT_MS", {
  of: "a step",
  refusal: /^blueprint\.steps\[0\]\.timeout: is longer than 600 seconds/,
  attempt: (ms) => http({ timeout: seconds(ms) }),
  step: 1_000,
});

atBound("MAX_HTTP_BYTES", {
  of: "what an http step asks for",
  refusal: /^blueprint\.steps\[0\]\.max_bytes: must be at most 524288/,
  attempt: (max_bytes) => http({ max_bytes }),
});

atBound("MAX_URL_CHARS", {
  of: "an http step",
  refusal: /^blueprint\.steps\[0\]\.url: must have at most 2048 characters/,
  attempt: (chars) => http({ url: `https://example.com/${letters(chars - 20)}` }),
});

atBound("MAX_EXPECTED_STATUSES", {
  of: "an http step",
  refusal: /^blueprint\.steps\[0\]\.expect: must have at most 100 items/,
  attempt: (count) => http({ expect: Array.from({ length: count }, (_, i) => 200 + i) }),
});

const until = "{% true %}";
atBound("MAX_POLLS", {
  of: "a step that polls",
  refusal: /^blueprint\.steps\[0\]\.limit: must be at most 1000/,
  attempt: (limit) => http({ until, limit }),
});

atBound("MAX_PAGES", {
  of: "a step that reads pages",
  refusal: /^blueprint\.steps\[0\]\.pages\.limit: must be at most 1000/,
  attempt: (limit) => http({ pages: { items: "{% [] %}", next: "link", limit } }),
});

const withModel = (document: Json): string | undefined => {
  const checked = checkBlueprint(document, { handlers: [], model: "a-model" });
  return checked.ok ? undefined : checked.error.map(({ path, message }) => `${path}: ${message}`).join();
};
const ask = { id: "a", type: "ai", prompt: "x" };
atBound("MAX_AI_TOKENS", {
  of: "an answer of a model",
  refusal: /^blueprint\.steps\[0\]\.max_tokens: must be at most 32768/,
  attempt: (max_tokens) => withModel(aBlueprint([{ ...ask, max_tokens }])),
});

atBound("MAX_AI_BUDGET", {
  of: "a job",
  refusal: /^blueprint\.budget\.ai_tokens: must be at most 100000000/,
  attempt: (ai_tokens) => withModel(aBlueprint([ask], { budget: { ai_tokens } })),
});

atBound("MAX_POLL_PAUSE_MS", {
  of: "a step that polls",
  refusal: /^blueprint\.steps\[0\]\.every: is longer than 86400 seconds/,
  attempt: (ms) => http({ until, every: seconds(ms) }),
  step: 1_000,
});

atBound("MAX_SLEEP_MS", {
  of: "a sleep that is written down",
  refusal: /^blueprint\.steps\[0\]\.for: is longer than 31536000 seconds/,
  attempt: (ms) => ofStep({ type: "sleep", for: seconds(ms) }),
  step: 1_000,
});

atBound("MAX_MAP_ITEMS", {
  of: "a map over a list",
  refusal: /^blueprint\.steps\[0\]\.over: must have at most 1000 items/,
  attempt: (items) => map({ over: Array(items).fill(0) }),
});

atBound("MAX_MAP_ITEMS", {
  of: "what a map asks for",
  refusal: /^blueprint\.steps\[0\]\.max_items: must be at most 1000/,
  attempt: (max_items) => map({ max_items }),
});

atBound("MAX_MAP_CONCURRENCY", {
  of: "a map",
  refusal: /^blueprint\.steps\[0\]\.concurrency: must be at most 20/,
  attempt: (concurrency) => map({ concurrency }),
});

atBound("MAX_BRANCHES", {
  of: "a parallel",
  refusal: /^blueprint\.steps\[0\]\.branches: must have 1 to 20 branches\. Send steps by name/,
  attempt: (count) => {
    const branches = Array.from({ length: count }, (_, i) => [`b${i}`, [aTransform(`s${i}`)]]);
    return ofStep({ type: "parallel", branches: Object.fromEntries(branches) });
  },
});

const repeat = (more: JsonObject) => ofStep({ type: "repeat", steps: [aTransform("round")], ...more });
atBound("MAX_ROUNDS", {
  of: "a repeat",
  refusal: /^blueprint\.steps\[0\]\.limit: must be at most 10000/,
  attempt: (limit) => repeat({ limit }),
});

atBound("MAX_ROUND_PAUSE_MS", {
  of: "a repeat",
  refusal: /^blueprint\.steps\[0\]\.pause: is longer than 31536000 seconds/,
  attempt: (ms) => repeat({ pause: seconds(ms) }),
  step: 1_000,
});

const inJobs = (depth: number): JsonObject =>
  depth === 1
    ? aBlueprint([aTransform("a")])
    : aBlueprint([{ id: "child", type: "job", blueprint: inJobs(depth - 1) }]);
atBound("MAX_JOB_DEPTH", {
  of: "a document with others inside",
  refusal: /^(blueprint)(\.steps\[0\]\.blueprint){4}\.steps\[0\]\.type: jobs would nest more than 5 deep/m,
  attempt: (depth) => refusalOf(inJobs(depth)),
});

atBound("MAX_CHILD_NAMES", {
  of: "a job whose blueprint is an expression",
  refusal: /^blueprint\.steps\[0\]\.one_of: must have at most 20 items\./,
  attempt: (count) => {
    const one_of = Array.from({ length: count }, (_, i) => `name-${i}`);
    return ofStep({ type: "job", blueprint: "{% $input.kind %}", one_of });
  },
});

const parallel = (id: string, branch: string, step: JsonObject): JsonObject => {
  return { id, type: "parallel", branches: { [branch]: [step] } };
};
atBound("MAX_STEP_PATH_CHARS", {
  of: "a step inside others",
  refusal: /branches.*\.id: its path in the job can have 201 characters, more than 200\. Shorten its id/,
  attempt: (chars) => {
    // `<64>.<64>.<10>.<10>.` comes before the innermost id.
    const inner = parallel("b".repeat(10), "d".repeat(10), aTransform(letters(chars - 152)));
    return refusalOf(aBlueprint([parallel("e".repeat(64), "f".repeat(64), inner)]));
  },
});

const asking = (description: string, more: JsonObject = {}) => ({
  type: "input",
  message: "Well?",
  schema: { type: "object", properties: { a: { type: "string", description } } },
  ...more,
});
atBound("MAX_QUESTION_SCHEMA_BYTES", {
  of: "a question",
  refusal: /^blueprint\.steps\[0\]\.schema: has 4097 bytes, the most is 4096\. Ask for less/,
  attempt: (bytes) => ofStep(asking(letters(bytes - jsonBytes(asking("").schema)))),
});

atBound("MAX_INPUT_TIMEOUT_MS", {
  of: "a question",
  refusal: /^blueprint\.steps\[0\]\.timeout: is longer than 2592000 seconds/,
  attempt: (ms) => ofStep(asking("", { timeout: seconds(ms) })),
  step: 1_000,
});

const working = (more: JsonObject) => ofStep({ type: "worker", queue: "q", ...more });

atBound("MAX_QUEUE_CHARS", {
  of: "a queue's name",
  refusal: /^blueprint\.steps\[0\]\.queue: must be 1 to 63 of a-z/,
  attempt: (chars) => working({ queue: letters(chars) }),
});

atBound("MAX_LEASE_MS", {
  of: "a lease",
  refusal: /^blueprint\.steps\[0\]\.lease: is longer than 86400 seconds/,
  attempt: (ms) => working({ lease: seconds(ms) }),
  step: 1_000,
});

atBound("MAX_WORK_TIMEOUT_MS", {
  of: "what waits for a worker",
  refusal: /^blueprint\.steps\[0\]\.timeout: is longer than 2592000 seconds/,
  attempt: (ms) => working({ timeout: seconds(ms) }),
  step: 1_000,
});

/** The first fault of an input for a blueprint with this schema. */
function inputRefusal(schema: JsonObject, input: Json): string | undefined {
  const checked = checkBlueprint(aBlueprint([aTransform("a")], { input: schema }), { handlers: [] });
  if (!checked.ok) throw new Error(JSON.stringify(checked.error));
  const [fault] = checkInput(checked.value, input);
  return fault && `${fault.path}: ${fault.message}. ${fault.fix}`;
}

atBound("MAX_SCHEMA_CHECKS", {
  of: "one position of a schema and the values of an input",
  refusal: /^input: has too many values to check against this schema\. Send less at once/,
  // The object and its list are values too.
  attempt: (values) => inputRefusal({}, { list: Array(values - 2).fill(0) }),
});

atBound("MAX_UNIQUE_ITEMS", {
  of: "a list whose items are to be unique",
  refusal: /^input: has a list of more than 1000 items, and the schema asks for unique items\. Send less at once/,
  attempt: (items) =>
    inputRefusal({ properties: { list: { uniqueItems: true } } }, { list: Array.from({ length: items }, (_, i) => i) }),
});

const rate = (more: JsonObject) => http({ rate: { limit: 1, key: "k", ...more } });
const limited = (more: JsonObject) => refusalOf(aBlueprint([aTransform("a")], { concurrency: { limit: 1, ...more } }));

atBound("MAX_RATE_LIMIT", {
  of: "a rate",
  refusal: /^blueprint\.steps\[0\]\.rate\.limit: /,
  attempt: (limit) => rate({ limit }),
});

atBound("MAX_RATE_PER_MS", {
  of: "a rate",
  refusal: /^blueprint\.steps\[0\]\.rate\.per: is longer than 86400 seconds/,
  attempt: (ms) => rate({ per: seconds(ms) }),
  step: 1_000,
});

atBound("MAX_LIMIT_KEY_CHARS", {
  of: "a limit",
  refusal: /^blueprint\.concurrency\.key: /,
  attempt: (chars) => limited({ key: letters(chars) }),
});

atBound("MAX_CONCURRENCY", {
  of: "a blueprint",
  refusal: /^blueprint\.concurrency\.limit: must be at most 1000/,
  attempt: (limit) => limited({ limit }),
});

atBound("MAX_PRIORITY", {
  of: "a blueprint",
  refusal: /^blueprint\.priority: must be at most 10/,
  attempt: (priority) => refusalOf(aBlueprint([aTransform("a")], { priority })),
});
