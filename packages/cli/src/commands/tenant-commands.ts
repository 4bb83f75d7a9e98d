import { type Command, numberOf, textOf } from "../command.ts";
import { show, showRows } from "../output.ts";
import { ask, byVerb, documentArgument, nameArgument, rowsOf, showAnswer, showList, type Verbs } from "./verbs.ts";

const BLUEPRINT_VERBS: Verbs = {
  list: async ({ client, out, signal }) =>
    showRows(out, await rowsOf(client().blueprints.list({ signal })), ["name", "version", "source", "description"]),
  get: async (invocation) => {
    const { out, values } = invocation;
    const args = { name: nameArgument(invocation), version: numberOf(values, "version") };
    const found = await ask<{ blueprint: object }>(invocation, "blueprints_get", args);
    out.line(JSON.stringify(out.isHuman ? found.blueprint : found, null, out.isHuman ? 2 : 0));
  },
  save: async (invocation) =>
    showAnswer(invocation, "blueprints_save", { blueprint: await documentArgument(invocation) }),
  delete: async (invocation) => {
    const args = { name: nameArgument(invocation), version: numberOf(invocation.values, "version") };
    await ask(invocation, "blueprints_delete", args);
    show(invocation.out, { name: args.name, deleted: true });
  },
};

const blueprints: Command = {
  name: "blueprints",
  usage: "[list | get NAME | save FILE | delete NAME]",
  summary: "Blueprints of the catalogue, and saved ones.",
  verbs: Object.keys(BLUEPRINT_VERBS),
  options: { version: { type: "string", summary: "one version; of delete: all when left out" } },
  run: (invocation) => byVerb(BLUEPRINT_VERBS, invocation),
};

const PAGE = 100;

const TRIGGER_VERBS: Verbs = {
  list: (invocation) =>
    showList(invocation, "triggers_list", { limit: PAGE }, "triggers", [
      ...["name", "kind", "blueprint", "paused", "runs", "next_runs"],
    ]),
  ledger: (invocation) =>
    showList(invocation, "triggers_ledger", { name: nameArgument(invocation), limit: PAGE }, "ledger", [
      ...["at", "outcome", "occurrence", "job_id", "reason"],
    ]),
  save: async (invocation) => showAnswer(invocation, "triggers_save", await documentArgument(invocation)),
  fire: (invocation) => {
    const { values } = invocation;
    const args = { name: nameArgument(invocation), from: textOf(values, "from"), to: textOf(values, "to") };
    return showList(invocation, "triggers_fire", args, "fired", ["due", "outcome", "job_id", "reason"]);
  },
  delete: async (invocation) => {
    const name = nameArgument(invocation);
    await ask(invocation, "triggers_delete", { name });
    show(invocation.out, { name, deleted: true });
  },
};

const triggers: Command = {
  name: "triggers",
  usage: "[list | ledger NAME | save FILE | fire NAME | delete NAME]",
  summary: "What starts jobs by itself: by time, by webhook, by event.",
  verbs: Object.keys(TRIGGER_VERBS),
  options: {
    from: { type: "string", summary: "of fire: all times of the schedule since then" },
    to: { type: "string", summary: "of fire: up to then" },
  },
  run: (invocation) => byVerb(TRIGGER_VERBS, invocation),
};

export const TENANT_COMMANDS: readonly Command[] = [blueprints, triggers];
