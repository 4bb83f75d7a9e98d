import type { HandlerText } from "../../service/context.ts";
import { EXAMPLES } from "./examples.ts";
import { jobStatusTable } from "./job-status.ts";
import { kindSections } from "./kinds.ts";
import { common, ERRORS, EXPRESSIONS, limits, shape } from "./language.ts";

const INTRODUCTION =
  "A blueprint is a plan of steps that runs as a durable background job: it survives crashes and deploys, and each finished step is never done again. Send it to jobs_submit_blueprint, or keep it with blueprints_save (and drop it with blueprints_delete).";

/** How an agent gets from a plan to its result. */
export const HABIT = `1. jobs_submit_blueprint, and keep the id. Set \`idempotency_key\` when you may send it twice, \`wait_seconds\` when the job is short.
2. Do other work. If your host takes tasks you are told when the job ends; else jobs_wait with the ids, again while \`timed_out\`: it returns when jobs settle or ask. Do not poll.
3. On \`input_required\`: jobs_respond with the \`request_id\`.
4. jobs_wait and jobs_get_status have the result; jobs_get_result pages a truncated one. On \`failed\`: read \`error\`, mend the cause, jobs_retry; a corrected \`blueprint\` can go with it.`;

/** The function's name, and the JSON Schemas of what it takes and gives. */
const handlerLines = (handlers: readonly HandlerText[]): string =>
  handlers
    .map(({ name, description, input, output }) => {
      const [takes, gives] = [input, output].map(fieldsOf);
      return `- \`${name}\`: ${description} Takes ${takes}; gives ${gives}.`;
    })
    .join("\n");

/** The fields of a JSON Schema, in short; a question mark after those that may be left out. */
function fieldsOf(schema: HandlerText["input"]): string {
  const { properties = {}, required = [] } = schema as { properties?: object; required?: string[] };
  const names = Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`));
  return `\`{${names.join(", ")}}\``;
}

const section = (title: string, body: string): string => `## ${title}\n\n${body}`;

/** All that one must know to write a blueprint. */
export function languageText(handlers: readonly HandlerText[]): string {
  const parts = [
    section("Shape", shape()),
    section("Expressions", EXPRESSIONS),
    section("Fields of every step", common()),
    section("Kinds of step", kindSections()),
    section("Handlers of this server", handlers.length > 0 ? handlerLines(handlers) : "None."),
    section("Errors", ERRORS),
    section("Limits and cost", limits()),
    section("Examples", EXAMPLES),
  ];
  return parts.join("\n\n");
}

/** The whole language on one page, and how to run what is written in it. */
export function guideText(handlers: readonly HandlerText[]): string {
  const parts = [
    `# Blueprints\n\n${INTRODUCTION}`,
    section("Use", HABIT),
    languageText(handlers),
    section("A job's status", jobStatusTable()),
  ];
  return `${parts.join("\n\n")}\n`;
}
