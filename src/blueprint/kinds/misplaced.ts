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

/** In the arguments of a submit. */
export const IN_ARGUMENTS: Places = {
  timeout: "Call it timeout_seconds: a number.",
  steps: "Move it into the blueprint: {name, steps}.",
  output: "Move it into the blueprint: {name, steps, output}.",
  delay: "Send run_at, a time, or begin with a sleep step.",
};
