import { isJsonObject, jsonBytes } from "../../lib/json.ts";
import { err, ok } from "../../lib/result.ts";
import { MAX_EVENT_DATA_BYTES } from "../../limits.ts";
import { act } from "../act.ts";
import type { StepRun } from "../context.ts";
import { done, failed } from "../ending.ts";

/** Records an event in the shard of the job. The action's key names it, so that a repeat after a crash is the same event. */
export const runEmit: StepRun<"emit"> = async (context, step, scope, path) => {
  const asked = await context.evaluate(step.data, scope);
  if (!asked.ok) return failed(asked.error, path);
  const { value = null } = asked;
  const data = isJsonObject(value) ? value : { value };
  const bytes = jsonBytes(data);
  if (bytes > MAX_EVENT_DATA_BYTES) {
    const message = `data has ${bytes} bytes of JSON, the most is ${MAX_EVENT_DATA_BYTES}. Tell the gist, and where the rest is.`;
    return failed({ code: "limit_exceeded", message }, path);
  }
  const ended = await act(context, path, step, async (_signal, key) => {
    const told = await context.ports.emit({ key, name: step.event, data });
    if (told.ok) return ok({ event_id: told.value });
    const { code, stored_bytes, limit_bytes } = told.error;
    const message = `The event is not recorded: ${stored_bytes} bytes are stored, the most is ${limit_bytes}. Delete settled jobs with jobs_delete, then jobs_retry.`;
    return err({ code, message, retryable: false });
  });
  return ended.end === "done" && ended.tolerated === 0 ? done(ended.output, { ...ended, silent: true }) : ended;
};
