import * as z from "zod";
import { err, ok } from "../../lib/result.ts";
import { MAX_REPLY_BYTES, MAX_WAIT_JOBS } from "../../limits.ts";
import { firedView } from "../../service/triggers/trigger-view.ts";
import { FireTriggerInput, fireTrigger } from "../../service/triggers/use-triggers.ts";
import { bytesOf, firstThatFit } from "../replies/budget.ts";
import { visible } from "../replies/structure.ts";
import { call, faultText } from "../replies/text.ts";
import { defineTool } from "../tool.ts";
import { unknownTrigger } from "./triggers-list.ts";

const AROUND_BYTES = 2_000;
const ROOM_BYTES = MAX_REPLY_BYTES - AROUND_BYTES;

const lineOf = ({ due, outcome, job_id, reason }: ReturnType<typeof firedView>): string =>
  `${due ?? "now"}: ${outcome}${job_id ? ` ${job_id}` : ""}${reason ? ` (${reason})` : ""}`;

export const triggersFire = defineTool({
  name: "triggers_fire",
  title: "Fire a trigger",
  description:
    "Run a trigger once now, or all times of its schedule in a span that have no job yet (backfill). Also while it is paused, and beside its other jobs. Next: jobs_wait with the ids.",
  input: FireTriggerInput,
  output: z.looseObject({ fired: z.array(z.unknown()) }),
  scope: "triggers:write",
  alsoNeeds: ["jobs:write"],
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  run: async (args, deps) => {
    const done = await fireTrigger(deps, args);
    if (!done.ok) {
      const { error } = done;
      if (error.code === "invalid_arguments") return err(faultText("Not fired.", error.faults));
      if (error.code === "unknown_trigger") return err(unknownTrigger(args.name));
      if (error.code === "no_schedule") {
        return err(`Not fired: trigger ${args.name} has no schedule, so no times.\nNext: leave out from and to.`);
      }
      return err(`Not fired: the span has more than ${error.limit} times.\nNext: choose a shorter span.`);
    }
    const all = done.value.map(firedView);
    const ids = all.flatMap(({ job_id }) => job_id ?? []);
    const fired = firstThatFit(all, ROOM_BYTES, (each) => bytesOf(visible(each)) + bytesOf(lineOf(each)));
    const left = `${all.length - fired.length} more have no room here; ${call("triggers_list", { name: args.name })} has the ledger. `;
    const wait = call("jobs_wait", { job_ids: ids.slice(0, MAX_WAIT_JOBS) });
    const next = ids.length === 0 ? "No job began: the reasons stand in the reply." : `${wait} waits for the results.`;
    return ok({
      next: `${fired.length < all.length ? left : ""}${next}`,
      structured: { fired },
      text: [`Trigger ${args.name} was fired.`, ...fired.map(lineOf)].join("\n"),
    });
  },
});
