/**
 * Every cap of the server, by what it bounds: its unit is in its name, its reason beside it.
 * The local runtime is laxer than production, so these are enforced by our own checks.
 */

export * from "./limits/access.ts";
export * from "./limits/batches.ts";
export * from "./limits/blueprints.ts";
export * from "./limits/bulk.ts";
export * from "./limits/calls.ts";
export * from "./limits/catalogue.ts";
export * from "./limits/events.ts";
export * from "./limits/expressions.ts";
export * from "./limits/flow.ts";
export * from "./limits/handing-over.ts";
export * from "./limits/hands.ts";
export * from "./limits/memory.ts";
export * from "./limits/protocol.ts";
export * from "./limits/quotas.ts";
export * from "./limits/replies.ts";
export * from "./limits/statistics.ts";
export * from "./limits/steps.ts";
export * from "./limits/store.ts";
export * from "./limits/triggers.ts";
export * from "./limits/waits.ts";
