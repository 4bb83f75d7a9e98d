import type { JobStatus } from "../../src/jobs/view.ts";
import type { SampleService } from "../../tooling/sample-service.ts";

/**
 * How often each effect of the job happened, by step path.
 * @param pathOf what stands in its key after the job's id
 */
export function effectsOf(
  service: SampleService,
  id: string,
  pathOf: (key: string) => string = (key) => key,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { idempotencyKey } of service.effects) {
    if (!idempotencyKey?.startsWith(`${id}.`)) continue;
    const path = pathOf(idempotencyKey.slice(id.length + 1));
    counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  return counts;
}

/** The times that the step began again, as it was interrupted or failed: only such a step may have acted more than once. */
export const retriesOf = ({ events = [] }: JobStatus, path: string) =>
  events.filter((event) => event.type === "step_retrying" && event.step === path);

/** Effects that happened again although their step did not begin again. */
export const unduly = (effects: Map<string, number>, status: JobStatus): string[] =>
  [...effects].flatMap(([path, count]) => (count > 1 + retriesOf(status, path).length ? [path] : []));
