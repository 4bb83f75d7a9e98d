/** Fields that stand elsewhere, or are called otherwise, than callers often write them: where they belong. */

type Places = Readonly<Record<string, string>>;

const beside = (name: string): string => `Move it out of the blueprint: ${name} is an argument beside it.`;

/** In a blueprint. */
export const IN_DOCUMENT: Places = {
  dry_run: beside("dry_run"),
  idempotency_key: beside("idempotency_key"),
  metadata: beside("metadata"),
  run_at: beside("run_at"),
  timeout_seconds: `${beside("timeout_seconds")} Or write "timeout": "2 days" here.`,
  wait_seconds: beside("wait_seconds"),
  inputs: "Call it input: a JSON Schema of the input.",
  input_schema: "Call it input: a JSON Schema of the input.",
  outputs: "Call it output: the job's result, with expressions.",
  result: "Call it output: the job's result, with expressions.",
  title: "Call it description.",
  version: "Remove it: blueprints_save counts the versions.",
};

const IN_ORDER = "Remove it: steps run in order, and what may run at the same time stands in a parallel step.";
const WHEN = 'Call it when: one expression, such as "{% $input.ready %}".';
const RETRY = 'Write "retry": {"limit": 3, "delay": "2 seconds"}.';
const STEP_TIMEOUT = 'Write "timeout": "30 seconds".';
const ID = "Call it id.";

/** In a step of any kind. */
export const IN_STEP: Places = {
  condition: WHEN,
  if: WHEN,
  depends_on: IN_ORDER,
  needs: IN_ORDER,
  idempotency_key: "Remove it: each http request carries an Idempotency-Key of its own.",
  name: ID,
  key: ID,
  retries: RETRY,
  max_retries: RETRY,
  continue_on_error: 'Write "on_error": "continue".',
  timeout_ms: STEP_TIMEOUT,
  timeout_seconds: STEP_TIMEOUT,
  wait_seconds: 'Remove it; a sleep step waits: {"type": "sleep", "for": "10 seconds"}.',
  output: "Remove it: a step's output is what its kind gives; the blueprint's output makes the result.",
  params: "Call it query in an http step, and input in a job or handler step.",
};

const called = (name: string): string => `Call it ${name}.`;
const IN_MESSAGE = "Call it message: what is asked.";
const IN_SCHEMA =
  'Write them into schema: {"type": "object", "properties": {"choice": {"type": "string", "enum": ["a", "b"]}}}.';
const IN_LIMIT = "Call it limit.";
const HOW_LONG = 'Write "for": "30 seconds".';
const READ_OR_WRITE = "Remove it: with value the step writes, with a literal null it deletes, without value it reads.";
const THE_ITEM = "Remove it: the item is $item, and its index $index.";

/** In a step of one kind; they go before those of any kind. */
export const IN_KIND: Readonly<Record<string, Places>> = {
  http: { json: called("body"), data: called("body"), payload: called("body"), response_type: called("as") },
  sleep: { seconds: HOW_LONG, duration: called("for"), delay: called("for") },
  transform: { expression: called("value"), output: called("value") },
  handler: { name: called("handler"), args: called("input") },
  input: { prompt: IN_MESSAGE, question: IN_MESSAGE, choices: IN_SCHEMA, options: IN_SCHEMA, fields: IN_SCHEMA },
  end: { status: called("as"), reason: called("message"), result: called("output") },
  store: { action: READ_OR_WRITE, operation: READ_OR_WRITE, ttl: called("for"), name: called("key") },
  emit: { name: called("event"), payload: called("data") },
  worker: { name: called("queue"), payload: called("input") },
  ai: { messages: "Write prompt, and system for how it shall answer.", temperature: "Remove it." },
  map: { items: called("over"), list: called("over"), do: called("steps"), as: THE_ITEM },
  repeat: { times: IN_LIMIT, count: IN_LIMIT, max_rounds: IN_LIMIT, do: called("steps") },
  parallel: { steps: 'Call it branches: lists of steps by name, {"left": [...], "right": [...]}.' },
  job: { name: called("blueprint"), args: called("input") },
};

const TRIES = "Call it limit: how many tries there are after the first one.";

export const IN_RETRY: Places = {
  max: TRIES,
  attempts: TRIES,
  max_attempts: TRIES,
  max_retries: TRIES,
  count: TRIES,
  interval: called("delay"),
  initial_delay: called("delay"),
};

const CONDITION = 'Give each step that depends on it a "when"; an end step ends the job early.';

/** What callers write as the `type` of a step, and how that is done here. */
export const OTHER_KINDS: Places = {
  if: CONDITION,
  switch: CONDITION,
  condition: CONDITION,
  choice: CONDITION,
  branch: CONDITION,
  delay: 'Write "sleep".',
  wait: 'Write "sleep"; for an answer "input", for a job "job".',
  foreach: 'Write "map".',
  for_each: 'Write "map".',
  loop: 'Write "map" for each item of a list, "repeat" for round after round.',
  while: 'Write "repeat".',
  poll: 'Write "http" with until and every.',
  request: 'Write "http".',
  fetch: 'Write "http".',
  webhook: 'Write "http" to call one; a trigger starts jobs by one.',
  code: 'Write "transform", whose value has expressions; there is no code.',
  script: 'Write "transform", whose value has expressions; there is no code.',
  set: 'Write "transform".',
  llm: 'Write "ai".',
  prompt: 'Write "ai" to ask a model, "input" to ask a person.',
  approval: 'Write "input".',
  human: 'Write "input".',
  workflow: 'Write "job".',
  subflow: 'Write "job".',
  fail: 'Write "end".',
  return: 'Write "end" with "as": "succeeded".',
  queue: 'Write "worker".',
  event: 'Write "emit" to tell of one, "input" with event to wait for one.',
};

/** In the arguments of a submit. */
export const IN_ARGUMENTS: Places = {
  timeout: "Call it timeout_seconds: a number.",
  steps: "Move it into the blueprint: {name, steps}.",
  output: "Move it into the blueprint: {name, steps, output}.",
  delay: "Send run_at, a time, or begin with a sleep step.",
};
