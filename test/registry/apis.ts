import type { CallerApi, LinkApi, RunnerApi } from "../../src/registry/api/caller.ts";
import type { LimitsApi } from "../../src/registry/api/limit-calls.ts";
import type { TriggerApi } from "../../src/registry/api/trigger-calls.ts";
import type { Registry } from "../../src/registry/open-registry.ts";

/** Methods of several objects as one, as the object's class offers them over RPC. */
function joined<T extends object>(...parts: object[]): T {
  const find = (name: string | symbol) => parts.find((part) => name in part);
  return new Proxy({} as T, {
    get: (_target, name) => {
      const part = find(name);
      const member: unknown = part && Reflect.get(part, name);
      return typeof member === "function" ? member.bind(part) : member;
    },
  });
}

/** The parts as the Worker, the runner and the alarm see them. */
export const apisOf = ({
  submitAndRead,
  controls,
  savedBlueprints,
  tenantStore,
  tenantTriggers,
  hooks,
  links,
  stepReports,
  awaitReports,
  rowReports,
  cleanupReports,
  reconciler,
  changes,
  events,
  introduction,
  subscriptions,
  revocations,
  workerCalls,
  batches,
  secretCalls,
  bulkCalls,
  limitHome,
  jobStatistics,
  counts,
  enter,
}: Registry) => ({
  caller: joined<CallerApi & TriggerApi & LinkApi>(
    submitAndRead,
    controls,
    savedBlueprints,
    tenantStore,
    tenantTriggers,
    hooks,
    links,
    changes,
  ),
  runner: joined<RunnerApi>(stepReports, awaitReports, rowReports, cleanupReports),
  reconciler,
  keys: revocations,
  events,
  introduction,
  subscriptions,
  workers: workerCalls,
  stats: jobStatistics,
  limits: joined<LimitsApi>(limitHome),
  batches,
  secrets: secretCalls,
  bulk: bulkCalls,
  counts,
  changes,
  enter,
});
