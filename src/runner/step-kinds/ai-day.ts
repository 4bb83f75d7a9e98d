import type { StepError } from "../../jobs/job.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { iso } from "../../lib/time.ts";
import { AI_DAY_KEPT_MS, MAX_RUNNING_AI_STEPS, MAX_STORE_KEY_CHARS } from "../../limits.ts";
import type { RunContext } from "../context.ts";

/** What all `ai` steps of a tenant use in one day (UTC), counted in the tenant's store under a key that no step can spell. */

const dayKey = (now: number): string => `${" ".repeat(MAX_STORE_KEY_CHARS)} ai tokens of ${iso(now).slice(0, 10)}`;

const refused = (message: string): { ok: false; error: StepError } => err({ code: "limit_exceeded", message });

/**
 * Adds to the day's count, also less than nothing.
 * @param limit 0: none, and nothing is counted
 * @param key of the action
 */
export async function countTokens(
  { ports }: RunContext,
  tokens: number,
  limit: number,
  key: string,
): Promise<Result<null, StepError>> {
  if (limit === 0 || tokens === 0) return ok(null);
  const day = dayKey(ports.now());
  for (let tries = 0; tries < MAX_RUNNING_AI_STEPS; tries++) {
    const read = await ports.store(day, null);
    const before = read.ok && typeof read.value.value === "number" ? read.value.value : 0;
    if (tokens > 0 && before + tokens > limit) {
      return refused(
        `The tenant may use ${limit} tokens a day (AI_TOKENS_PER_DAY) and has used ${before}; this request may need ${tokens}. Retry tomorrow, or lower max_tokens.`,
      );
    }
    const write = {
      id: `${key} tokens ${ports.newToken()}`,
      value: Math.max(0, before + tokens),
      version: read.ok ? read.value.version : 0,
      lifetime_ms: AI_DAY_KEPT_MS,
    };
    const written = await ports.store(day, write);
    if (!written.ok)
      return refused("The tenant's store is full, so that its tokens cannot be counted. Delete some keys.");
    if (written.value.stored) return ok(null);
  }
  return refused("The tenant's tokens could not be counted: too many steps ask a model at once. Retry.");
}
