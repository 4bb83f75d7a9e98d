import { labelOf } from "../../catalog/find.ts";
import { utf8Bytes } from "../../lib/json.ts";
import { err, ok } from "../../lib/result.ts";
import { echo } from "../../lib/safe-text.ts";
import { DEFAULT_LIST_ROWS, MAX_GOAL_CHARS, MAX_PLAN_BYTES } from "../../limits.ts";
import { listBlueprints } from "../../service/blueprints/list-blueprints.ts";
import { HABIT, TOPIC_NAMES } from "../guide/guide.ts";
import { RECIPES, recipesFor, recipeText } from "../guide/recipes.ts";
import type { Prompt } from "../prompt.ts";
import { fenced } from "../replies/text.ts";

const TASK = `1. If a blueprint below does it, call blueprints_get for its input and submit it by name.
2. Else write your own: read \`blueprint://guide\`, or call blueprints_get with \`guide\`, or with one topic of it such as \`guide/http\` (${TOPIC_NAMES.join(", ")}). Ask the user for what you cannot know (URLs, names of secrets, who approves); guess nothing. Take as few steps as will do, and put what varies into \`input\`.
3. Send it to jobs_submit_blueprint with \`dry_run: true\` and mend every fault; then without it, with an \`idempotency_key\`. Worth running again? Keep it with blueprints_save.
4. Tell the user the job id and what happens next.`;

/** As many of the lines or parts, from the first, as there is room for. */
function fitting(parts: readonly string[], room: number): string[] {
  let left = room;
  const until = parts.findIndex((part) => {
    left -= utf8Bytes(part) + 2;
    return left < 0;
  });
  return parts.slice(0, until < 0 ? parts.length : until);
}

/** Of the room, recipes get what the blueprints leave: at least half. */
const NAMES_SHARE = 0.4;
const MAX_RECIPES = 4;

export const plan: Prompt = {
  name: "jobs_plan",
  title: "Plan a job",
  description:
    "Turns a goal into a blueprint: recipes that fit it, what is there to use, and how to submit, wait and read the result.",
  argument: { name: "goal", description: "What the job should achieve, in your own words." },
  render: async (goal, deps) => {
    if (goal.trim() === "") return err("goal: is empty. Say what the job should achieve.");
    if (goal.length > MAX_GOAL_CHARS) return err(`goal: is longer than ${MAX_GOAL_CHARS} characters. Shorten it.`);
    const known = await listBlueprints(deps, "", DEFAULT_LIST_ROWS);
    const names = known.map((row) => `- ${labelOf(row)} (${row.source}): ${echo(row.description)}`);
    const head = [
      `# Plan one durable background job for this goal\n\n${fenced(goal)}`,
      `## What to do\n\n${TASK}`,
      `## How to run it\n\n${HABIT}`,
    ].join("\n\n");
    const room = MAX_PLAN_BYTES - utf8Bytes(head) - HEADINGS_BYTES;
    const listed = fitting(names, room * NAMES_SHARE);
    const found = recipesFor(goal);
    const recipes = fitting(
      (found.length > 0 ? found : RECIPES).slice(0, MAX_RECIPES).map(recipeText),
      room - utf8Bytes(listed.join("\n")),
    );
    const parts = [
      `## Blueprints that are there\n\n${listed.length > 0 ? listed.join("\n") : NONE_SHOWN}`,
      ...(recipes.length > 0 ? [`## Recipes\n\n${recipes.join("\n\n")}`] : []),
    ];
    return ok([head, ...parts].join("\n\n"));
  },
};

const NONE_SHOWN = "blueprints_list shows them.";
/** Headings, and what stands for no blueprint. */
const HEADINGS_BYTES = 120;
