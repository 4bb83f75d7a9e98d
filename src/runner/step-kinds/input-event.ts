import { durationMs } from "../../blueprint/duration.ts";
import { compileTemplate, type Scope } from "../../expression/template.ts";
import type { StepError } from "../../jobs/job.ts";
import { type JsonObject, jsonBytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_EVENT_SCOPE_BYTES } from "../../limits.ts";
import type { RunContext, StepOf } from "../context.ts";
import { type Ending, failed } from "../ending.ts";
import { awaitOutcome } from "../waits/await-outcome.ts";

type EventOf = NonNullable<StepOf<"input">["event"]>;

/** What an expression of the step may see, beside the event, the outputs of steps, and the job. */
const SEEN = ["input", "item", "index", "state", "round", "outcome", "link"] as const;

/** Expressions for what `when` names of that: the registry, which evaluates it, knows nothing else of the plan. */
function namedBy(when: string, scope: Scope): Result<JsonObject, StepError> {
  const template = compileTemplate(when);
  if (!template.ok) return template;
  const { steps } = template.value;
  const ids = [...(steps ?? Object.keys(scope.steps))];
  const names = SEEN.filter((name) => template.value.names(name) && (name === "link" || name in scope));
  return ok({
    steps: Object.fromEntries(ids.map((id) => [id, `{% $steps.${id} %}`])),
    ...Object.fromEntries(names.map((name) => [name, `{% $${name} %}`])),
  });
}

/** The scope in which `when` is evaluated for each event. */
async function scopeFor(context: RunContext, { when }: EventOf, scope: Scope): Promise<Result<Scope, StepError>> {
  const { job, now, path } = scope;
  const around = { input: {}, steps: {}, job, now, ...(path !== undefined && { path }) };
  if (when === undefined) return ok(around);
  const named = namedBy(when, scope);
  if (!named.ok) return named;
  const seen = await context.evaluate(named.value, scope);
  if (!seen.ok) return seen;
  const bytes = jsonBytes(seen.value ?? null);
  if (bytes <= MAX_EVENT_SCOPE_BYTES) return ok({ ...around, ...(seen.value as JsonObject) });
  const message = `What event.when names has ${bytes} bytes, the most is ${MAX_EVENT_SCOPE_BYTES}. Take the part that it compares into a transform step, and name that.`;
  return err({ code: "limit_exceeded", message });
}

/** Waits until an event of the tenant answers; the registry looks at each, and keeps the first that fits. */
export async function runEvent(
  context: RunContext,
  event: EventOf,
  asked: { request_id: string; step: StepOf<"input"> },
  scope: Scope,
  path: string,
): Promise<Ending> {
  const seen = await scopeFor(context, event, scope);
  if (!seen.ok) return failed(seen.error, path);
  const request = {
    request_id: asked.request_id,
    name: event.name,
    when: event.when ?? null,
    scope: seen.value,
    timeout_ms: durationMs(asked.step.timeout),
    fallback: asked.step.default ?? null,
  };
  return awaitOutcome(context, path, await context.reports.awaitEvent(path, request, context.keyPath(path)));
}
