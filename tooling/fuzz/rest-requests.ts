import fc from "fast-check";
import type { JsonObject } from "../../src/lib/json.ts";
import { type RestRoute, restCall } from "../rest.ts";
import { oddFields, TOOL_ARGUMENTS, wireText } from "./messages.ts";

/** Requests of /api/v1: a call of a route, with one or more things wrong with its arguments. */

/** Of operations that no tool has. Nothing of this changes anything. */
const OTHER_ARGUMENTS: Record<string, JsonObject> = {
  jobs_explain: { job_id: "job_00000000000000000000000000zz", step: "a" },
  jobs_stream: { job_id: "job_00000000000000000000000000zz" },
  events_stream: { cursor: "ev1_0" },
  subscriptions_list: { limit: 2 },
  subscriptions_deliveries: { subscription_id: "sub_00000000000000000000000000000000" },
  subscriptions_replay: { subscription_id: "sub_00000000000000000000000000000000", delivery: 1 },
  subscriptions_delete: { subscription_id: "sub_00000000000000000000000000000000" },
  triggers_ledger: { name: "no-trigger", limit: 2 },
  metrics_read: { period: "6 hours" },
  keys_list: {},
  keys_revoke: { key_id: "key_0" },
  secrets_list: {},
  // Nothing is set: a value of a space alone is none.
  secrets_set: { name: "FUZZED", value: " ", hosts: ["api.example.com"] },
  secrets_delete: { name: "NONE" },
  audit_read: { before: "2030-01-01T00:00:00Z" },
};

/** @throws for a route that has no arguments here: the fuzzer would leave it out */
function argumentsOf(operation: string): JsonObject {
  const args = TOOL_ARGUMENTS[operation] ?? OTHER_ARGUMENTS[operation];
  if (args === undefined) throw new Error(`the fuzzer has no arguments of ${operation}`);
  return args;
}

export interface RestMessage {
  method: string;
  path: string;
  text: string;
}

/** What URL does to a path that is no text. */
const pathOf = (path: string): string => new URL(`http://x/api/v1${path}`).href.slice("http://x".length);

export const restMessages = (routes: readonly RestRoute[]): fc.Arbitrary<RestMessage> =>
  fc
    .constantFrom(...routes)
    .chain((route) => fc.tuple(fc.constant(route), oddFields(argumentsOf(route.operation))))
    .map(([route, args]) => {
      const { method, path, body } = restCall(route, args);
      return { method, path: pathOf(path), text: body === undefined ? "" : wireText(body) };
    });
