import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import { allSteps, childOf, innerOf } from "./nesting.ts";

/** Questions that are answered by link, and where in a plan their links are known. */

/** A row, or a round, of which nobody knows yet which. */
const SOME_ROW = /\[\*\]|#\*/g;

export interface LinkedQuestion {
  id: string;
  /** Path of its step, with `[*]` and `#*` for rows and rounds. */
  path: string;
  /** It is asked when the job has settled. */
  isCleanup: boolean;
}

function* questionsIn(steps: Json | undefined, prefix: string, isCleanup: boolean): Generator<LinkedQuestion> {
  if (!Array.isArray(steps)) return;
  for (const step of steps) {
    if (!isJsonObject(step) || typeof step.id !== "string") continue;
    const path = `${prefix}${step.id}`;
    if (step.type === "input" && step.link === true) yield { id: step.id, path, isCleanup };
    for (const { steps: inner, segment, isUndo, isSingle } of innerOf(step)) {
      // It has no id of its own that anything could name.
      if (isUndo && isSingle) continue;
      yield* questionsIn(inner, `${path}${segment.replace(/\d+/, "*")}.`, isCleanup || isUndo === true);
    }
  }
}

/** The questions of a document that have links. */
export const linkedQuestions = ({ steps, finally: last }: JsonObject): LinkedQuestion[] => [
  ...questionsIn(steps, "", false),
  ...questionsIn(last, "", true),
];

const escaped = (text: string): string => text.replace(/[.[\]#]/g, "\\$&");

/** The question's path as the step at `path` sees it; undefined: it is asked in rows in which that step is not. */
export function linkPathAt(question: LinkedQuestion, path: string): string | undefined {
  const last = [...question.path.matchAll(SOME_ROW)].at(-1);
  if (last === undefined) return question.path;
  const rows = question.path.slice(0, last.index + last[0].length);
  const pattern = escaped(rows).replaceAll("\\[*\\]", "\\[\\d+\\]").replaceAll("\\#*", "#\\d+");
  const [row] = new RegExp(`^${pattern}(?=\\.)`).exec(path) ?? [];
  return row === undefined ? undefined : `${row}${question.path.slice(rows.length)}`;
}

/** Whether a job of the plan, or a child whose plan stands in it, may ask for a link. */
export const mayLink = (document: JsonObject): boolean =>
  linkedQuestions(document).length > 0 ||
  [...allSteps(document)].map(([, step]) => childOf(step)).some((child) => child !== undefined && mayLink(child));
