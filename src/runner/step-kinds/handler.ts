import { act, refusing } from "../act.ts";
import type { StepRun } from "../context.ts";
import { failed } from "../ending.ts";

/** A typed function of the catalogue. */
export const runHandler: StepRun<"handler"> = async (context, step, scope, path) => {
  const input = await context.evaluate(step.input, scope);
  if (!input.ok) return failed(input.error, path);
  const handler = context.ports.handlers[step.handler];
  if (handler === undefined) {
    const message = `No handler ${step.handler} in this deployment. It had one when the job was accepted.`;
    return act(context, path, step, refusing({ code: "unknown_handler", message }));
  }
  const { fetch, now, userAgent } = context.ports;
  return act(context, path, step, (signal) => handler.run(input.value ?? null, { fetch, now, signal, userAgent }));
};
