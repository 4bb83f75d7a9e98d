import { parseJobId } from "../../jobs/id.ts";
import { err, type Result } from "../../lib/result.ts";
import { visibleLines } from "../../lib/safe-text.ts";
import { KeyRevoked } from "../../registry/api/keys.ts";
import type { McpDeps } from "../deps.ts";
import type { Era } from "./metrics.ts";

/** Why a call has no answer. A crash is a bug or a lost connection; anything else the caller can mend. */
export interface Problem {
  crash: boolean;
  /** For the model. Says nothing of our inside. */
  text: string;
}

const crashText = (reference: string): string =>
  [
    `Internal error, reference ${reference}. The arguments are not the cause.`,
    "Try once more (a submit without idempotency_key only after a look at jobs_list). If it stays, tell the operator the reference.",
  ].join("\n");

const REVOKED = "This API key was revoked: nothing was read or changed. Ask the operator for another one.";

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** What is no job's id is not repeated in the log. */
const idOf = (value: unknown): string | null =>
  typeof value === "string" && parseJobId(value) !== undefined ? value : null;

/**
 * Runs one call and measures it. Whatever it throws becomes a problem with a reference to the log line that tells more.
 * @param jobOf the id of the job that the call is about, or what else stands there
 */
export async function observe<T>(
  name: string,
  deps: McpDeps,
  era: Era,
  run: () => Promise<Result<T, string>>,
  jobOf: (value?: T) => unknown = () => undefined,
): Promise<Result<T, Problem>> {
  const started = deps.now();
  const took = (value?: T) => ({
    name,
    era,
    ms: deps.now() - started,
    tenant: deps.tenant,
    key_id: deps.keyId ?? null,
    actor: deps.actor ?? null,
    job_id: idOf(jobOf(value)),
    ...deps.trace,
  });
  try {
    const outcome = await run();
    deps.record({ ...took(outcome.ok ? outcome.value : undefined), outcome: outcome.ok ? "ok" : "tool_error" });
    return outcome.ok ? outcome : err({ crash: false, text: visibleLines(outcome.error) });
  } catch (error) {
    if (error instanceof KeyRevoked) {
      deps.record({ ...took(), outcome: "tool_error" });
      return err({ crash: false, text: REVOKED });
    }
    const reference = deps.newReference();
    deps.record({ ...took(), outcome: "crash", reference, error: describe(error) });
    return err({ crash: true, text: crashText(reference) });
  }
}
