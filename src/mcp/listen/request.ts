import { PROTOCOL_VERSION_META_KEY } from "@modelcontextprotocol/server";
import * as z from "zod";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_SUBSCRIPTIONS } from "../../limits.ts";
import { declaresTasks, tasksMissing } from "../protocol/declared-tasks.ts";

/** What a client of 2026-07-28 wants to be told of. */

const Request = z.object({
  id: z.union([z.string(), z.int()]),
  method: z.literal("subscriptions/listen"),
  params: z.object({
    _meta: z.looseObject({ [PROTOCOL_VERSION_META_KEY]: z.string() }),
    notifications: z.looseObject({ resourceSubscriptions: z.unknown(), taskIds: z.unknown() }).partial(),
  }),
});
export type ListenRequest = z.infer<typeof Request>;

/**
 * A listen request that names jobs; undefined for any other message. The SDK serves what is about lists, and refuses
 * what is malformed but for the field that it does not know.
 */
export function listenRequest(body: unknown): ListenRequest | undefined {
  const request = Request.safeParse(body).data;
  const { resourceSubscriptions, taskIds } = request?.params.notifications ?? {};
  return resourceSubscriptions === undefined && taskIds === undefined ? undefined : request;
}

/** What is wanted, each thing once, in the order asked for. */
export interface Wanted {
  uris: string[];
  taskIds: string[];
}

export interface ListenError {
  /** HTTP status. */
  status: 200 | 400;
  code: number;
  message: string;
  data?: unknown;
}

const INVALID_PARAMS = -32_602;

const invalid = (message: string): { ok: false; error: ListenError } =>
  err({ status: 200, code: INVALID_PARAMS, message });

const Texts = z.array(z.string()).default([]);

export function readWanted({ params }: Pick<ListenRequest, "params">): Result<Wanted, ListenError> {
  const { resourceSubscriptions, taskIds } = params.notifications;
  if (taskIds !== undefined && !declaresTasks(params._meta)) {
    const { code, message, data } = tasksMissing();
    return err({ status: 400, code, message, data });
  }
  const uris = Texts.safeParse(resourceSubscriptions);
  const tasks = Texts.safeParse(taskIds);
  if (!uris.success || !tasks.success) return invalid("notifications: taskIds must be a list of task ids.");
  const wanted = { uris: [...new Set(uris.data)], taskIds: [...new Set(tasks.data)] };
  const count = wanted.uris.length + wanted.taskIds.length;
  if (count > MAX_SUBSCRIPTIONS) {
    return invalid(
      `notifications: ${count} resources and tasks, the most is ${MAX_SUBSCRIPTIONS}. Listen to the others in another request.`,
    );
  }
  return ok(wanted);
}
