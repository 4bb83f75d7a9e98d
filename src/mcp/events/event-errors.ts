import { ProtocolError } from "@modelcontextprotocol/server";
import type { DeliveryError } from "../../events/delivery.ts";
import type { JsonObject } from "../../lib/json.ts";

/**
 * The errors of the Events extension. Its numbers are not final: clients of today know those of the working group's sketch,
 * and the later text has others for the same names. This is the one place that says which.
 */
const CODES = {
  invalid_params: -32_602,
  not_found: -32_011,
  forbidden: -32_012,
  resource_exhausted: -32_013,
  unsupported: -32_014,
  callback_endpoint: -32_015,
} as const;

export interface EventRefusal {
  kind: keyof typeof CODES;
  message: string;
  data: JsonObject;
}

export const refusalCode = ({ kind }: Pick<EventRefusal, "kind">): number => CODES[kind];

export const invalidParams = (reason: string): EventRefusal => {
  return { kind: "invalid_params", message: `Invalid params: ${reason}`, data: { reason } };
};

export const notFound = (kind: "event" | "subscription"): EventRefusal => {
  return { kind: "not_found", message: `Unknown ${kind}.`, data: { kind } };
};

export const unsupportedMode = (mode: string): EventRefusal => {
  const message = `The delivery mode ${mode} is not available for this event.`;
  return { kind: "unsupported", message, data: { feature: "deliveryMode", value: mode } };
};

export const forbidden = (message: string): EventRefusal => ({ kind: "forbidden", message, data: {} });

export const tooManySubscriptions = (max: number): EventRefusal => {
  const message = `Too many subscriptions: the most is ${max}. End one first.`;
  return { kind: "resource_exhausted", message, data: { limit: "subscriptions", max } };
};

/** Nothing of what the callback answered is told, only which kind of failure it was. */
export const callbackRefused = (reason: DeliveryError): EventRefusal => {
  return { kind: "callback_endpoint", message: `The callback was not verified: ${reason}.`, data: { reason } };
};

export const protocolError = (refusal: EventRefusal): ProtocolError =>
  new ProtocolError(refusalCode(refusal), refusal.message, refusal.data);
