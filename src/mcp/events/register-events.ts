import { ProtocolError, ProtocolErrorCode, type ServerCapabilities } from "@modelcontextprotocol/server";
import * as z from "zod";
import type { JsonObject } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { storageFault } from "../../service/arguments.ts";
import { observe } from "../protocol/observe.ts";
import type { Registrar } from "../protocol/register.ts";
import { type EventRefusal, invalidParams, protocolError } from "./event-errors.ts";
import { listEvents } from "./list-events.ts";
import { pollEvents } from "./poll-events.ts";
import { readStream } from "./push-stream.ts";
import { subscribeCallback, unsubscribeCallback } from "./subscribe.ts";

const EVENTS_EXTENSION = "io.modelcontextprotocol/events";

/** Some clients look in the one place, some in the other; the SDK's types know only the second. */
const CAPABILITIES = { events: {}, extensions: { [EVENTS_EXTENSION]: {} } } as ServerCapabilities;

const Params = z.looseObject({});

/** Subscriptions are known by what these say. */
async function unlessMalformed(
  { name = null, arguments: filter = null, delivery = null, cursor = null }: Partial<JsonObject>,
  run: () => Promise<Result<JsonObject, EventRefusal>>,
): Promise<Result<JsonObject, EventRefusal>> {
  const fault = storageFault({ name, arguments: filter, delivery, cursor });
  return fault === undefined ? run() : err(invalidParams(`${fault.path} ${fault.message}. ${fault.fix}`));
}

/** The Events extension, for clients of both eras: none of its methods needs anything of the client. */
export function registerEvents({ server: { server }, deps, era }: Registrar): void {
  server.registerCapabilities(CAPABILITIES);
  const method = (
    name: string,
    run: (params: unknown, signal: AbortSignal) => Promise<Result<JsonObject, EventRefusal>>,
  ): void => {
    server.setRequestHandler(name, { params: Params }, async (given, { mcpReq }) => {
      const params = given as JsonObject;
      const signal = deps.gone === undefined ? mcpReq.signal : AbortSignal.any([mcpReq.signal, deps.gone]);
      let refused: EventRefusal | undefined;
      const outcome = await observe(name, deps, era, async () => {
        const answer = await unlessMalformed(params, () => run(params, signal));
        if (answer.ok) return answer;
        refused = answer.error;
        return err(refused.message);
      });
      if (outcome.ok) return { ...(era === "modern" && { resultType: "complete" as const }), ...outcome.value };
      if (refused !== undefined) throw protocolError(refused);
      throw new ProtocolError(ProtocolErrorCode.InternalError, outcome.error.text);
    });
  };
  // Who keeps no secrets cannot send to callbacks.
  const delivery = ["poll", "push", ...(deps.callbacks === undefined ? [] : ["webhook"])];
  method("events/list", (params) => listEvents(params, delivery, deps));
  method("events/poll", (params, signal) => pollEvents(params, deps, signal));
  method("events/subscribe", (params) => subscribeCallback(params, deps));
  method("events/unsubscribe", (params) => unsubscribeCallback(params, deps));
  method("events/stream", async (params) => {
    const listened = await readStream(params, deps);
    if (!listened.ok) return listened;
    deps.openPush?.(listened.value);
    return ok({});
  });
}
