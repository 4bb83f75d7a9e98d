import type { Batch } from "../../registry/api/batch-calls.ts";
import type { SubmitError } from "../../registry/api/caller.ts";
import { type InvalidArguments, invalidArguments } from "../arguments.ts";
import type { Answer, ServiceContext } from "../context.ts";
import { toShardOfKey } from "../shard-routing.ts";
import { draftOf, type SubmitArgs, submitRequest } from "../submit-draft.ts";

/** A job for each of `inputs`, all or none: durable when this answers. */
export async function submitBatch(
  context: ServiceContext,
  args: SubmitArgs,
): Answer<Batch, InvalidArguments | SubmitError> {
  const draft = await draftOf(context, args);
  if (!draft.ok) return invalidArguments(draft.error);
  const request = await submitRequest(context, args, draft.value);
  const { idempotency } = request;
  return toShardOfKey(context, idempotency?.key ?? null, {
    find: async (shard) =>
      idempotency && context.ask(shard, (registry, caller) => registry.findBatchKey(caller, idempotency)),
    submit: (shard) =>
      context.ask(shard, (registry, caller) => registry.submitBatch(caller, request, draft.value.inputs)),
  });
}
