import { KIND_TABLE } from "../../blueprint/kinds/index.ts";
import type { HandlerText } from "../../service/context.ts";
import { javascriptTable } from "./javascript-table.ts";
import { flow } from "./job-flow.ts";
import { jobStatusTable } from "./job-status.ts";
import { triggers } from "./job-triggers.ts";
import { kindSection } from "./kinds.ts";
import { common, ERROR_LIST, EXPRESSIONS, FAILURES, limits, shape, UNDO } from "./language.ts";
import { RECIPES, recipeText } from "./recipes.ts";

const INTRODUCTION =
  "A blueprint is a plan of steps that runs as a durable background job: it survives crashes and deploys, and no finished step is done again. Send it to jobs_submit_blueprint, or keep it with blueprints_save.";

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

/** A part of the guide, which can be asked for alone as `guide/<name>`. */
interface Topic {
  name: string;
  title: string;
  text: (handlers: readonly HandlerText[]) => string;
  /** Too much for the page that is read whole. */
  apart?: true;
}

const KINDS: Topic[] = [...KIND_TABLE].map(([type, kind]) => ({
  name: type,
  title: `### ${type}`,
  text: () => kindSection(type, kind),
}));

const TOPICS: readonly Topic[] = [
  { name: "use", title: "## Use", text: () => HABIT },
  { name: "shape", title: "## Shape", text: shape },
  { name: "expressions", title: "## Expressions", text: () => EXPRESSIONS },
  { name: "fields", title: "## Fields of every step", text: common },
  ...KINDS,
  {
    name: "handlers",
    title: "## Handlers of this server",
    text: (handlers) => (handlers.length > 0 ? handlerLines(handlers) : "None."),
  },
  { name: "failures", title: "## Failures", text: () => FAILURES },
  { name: "limits", title: "## Limits and cost", text: limits },
  {
    name: "recipes",
    title: "## Recipes",
    text: () =>
      ["Each block is the whole argument object of jobs_submit_blueprint.", ...RECIPES.map(recipeText)].join("\n\n"),
  },
  { name: "javascript", title: "## JSONata for JavaScript minds", text: javascriptTable, apart: true },
  { name: "undo", title: "## Undo and finally", text: () => UNDO, apart: true },
  { name: "flow", title: "## Rates, concurrency, priority", text: flow, apart: true },
  { name: "triggers", title: "## Jobs that begin by themselves", text: triggers, apart: true },
  { name: "errors", title: "## Error codes", text: () => ERROR_LIST, apart: true },
  { name: "status", title: "## A job's status", text: jobStatusTable, apart: true },
];

export const TOPIC_NAMES: readonly string[] = TOPICS.map(({ name }) => name);

/** Those that stand on no other page. */
export const APART_TOPICS: readonly string[] = TOPICS.filter(({ apart }) => apart).map(({ name }) => name);

const APART = APART_TOPICS.map((name) => `\`guide/${name}\``);

/** One topic on a page of its own; undefined when there is none of that name. */
export function topicText(name: string, handlers: readonly HandlerText[]): string | undefined {
  const topic = TOPICS.find((each) => each.name === name);
  return topic && `${topic.title.replace(/^#+/, "#")}\n\n${topic.text(handlers)}\n`;
}

/** The whole language on one page, and how to run what is written in it. */
export function guideText(handlers: readonly HandlerText[]): string {
  const shown = TOPICS.filter(({ apart }) => apart === undefined);
  const sections = shown.map(({ name, title, text }) => {
    const heading =
      name === KINDS[0]?.name ? `## Kinds of step\n\nA star: the field takes expressions.\n\n${title}` : title;
    return `${heading}\n\n${text(handlers)}`;
  });
  const more = `blueprints_get gives each part alone, as ${APART.join(", ")}, \`guide/http\` and so on.`;
  return `${[`# Blueprints\n\n${INTRODUCTION} ${more}`, ...sections].join("\n\n")}\n`;
}
