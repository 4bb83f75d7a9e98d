import { labelOf } from "../../catalog/find.ts";
import { err, ok } from "../../lib/result.ts";
import { echo } from "../../lib/safe-text.ts";
import { DEFAULT_LIST_ROWS, MAX_GOAL_CHARS } from "../../limits.ts";
import { listBlueprints } from "../../service/blueprints/list-blueprints.ts";
import { HABIT, languageText } from "../guide/guide.ts";
import type { Prompt } from "../prompt.ts";
import { fenced } from "../replies/text.ts";

const TASK = `1. If a blueprint below does it, call blueprints_get for its input and submit it by name.
2. Else write your own. Ask the user for what you cannot know (URLs, names of secrets, who approves); guess nothing. Take as few steps as will do, put what varies into \`input\`, let \`map\` do what repeats, poll with \`until\` what takes long, set \`on_error: "continue"\` where one failure must not end it, and put an \`input\` step before what cannot be undone.
3. Send it to jobs_submit_blueprint with \`dry_run: true\` and mend every fault; then without it, with an \`idempotency_key\`. Worth running again? Keep it with blueprints_save.
4. Tell the user the job id and what happens next.`;

export const plan: Prompt = {
  name: "jobs_plan",
  title: "Plan a job",
  description:
    "Turns a goal into a blueprint: the language, what is there to use, and how to submit, wait and read the result.",
  argument: { name: "goal", description: "What the job should achieve, in your own words." },
  render: async (goal, deps) => {
    if (goal.trim() === "") return err("goal: is empty. Say what the job should achieve.");
    if (goal.length > MAX_GOAL_CHARS) return err(`goal: is longer than ${MAX_GOAL_CHARS} characters. Shorten it.`);
    const known = await listBlueprints(deps, "", DEFAULT_LIST_ROWS);
    const names = known.map((row) => `- ${labelOf(row)} (${row.source}): ${echo(row.description)}`);
    const parts = [
      `# Plan one durable background job for this goal\n\n${fenced(goal)}`,
      `## What to do\n\n${TASK}`,
      `## How to run it\n\n${HABIT}`,
      `## Blueprints that are there\n\n${names.length > 0 ? names.join("\n") : "None."}`,
      languageText(deps.handlers),
    ];
    return ok(parts.join("\n\n"));
  },
};
