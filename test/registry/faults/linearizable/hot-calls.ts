import { aRequest, CALLER, TENANT } from "../../bench.ts";
import type { Api } from "../world.ts";
import type { Call, Reply } from "./hot-job.ts";

const MONTH = 30 * 86_400_000;
const QUESTION = { request_id: "q", message: "?", schema: { type: "object" }, timeout_ms: MONTH, fallback: null };

async function submit({ caller }: Api, key: string): Promise<Reply> {
  const request = aRequest({ idempotency: { key, request_hash: "h" }, timeout_ms: MONTH });
  const reply = await caller.submit(CALLER, request);
  if (!reply.ok) return { code: reply.error.code };
  const { id, status, deduplicated } = reply.value;
  return { id, status, deduplicated };
}

async function respond({ caller }: Api, id: string, action: "accept" | "decline"): Promise<Reply> {
  const reply = await caller.respond(CALLER, id, { request_id: "q", action, content: null });
  if (reply.ok) return { ok: true };
  const { error } = reply;
  return error.code === "already_answered" ? { code: error.code, action: error.action } : { code: error.code };
}

async function status({ caller }: Api, id: string): Promise<Reply> {
  const reply = await caller.status(CALLER, id, { steps: false, events: false });
  if (!reply.ok) return { code: reply.error.code };
  const { status, result, input_requests } = reply.value;
  return { status, result: result?.at ?? null, asks: input_requests.length > 0 };
}

async function cancel({ caller }: Api, id: string): Promise<Reply> {
  const reply = await caller.cancel(CALLER, id, null);
  return reply.ok ? { changed: reply.value.changed, status: reply.value.status } : { code: reply.error.code };
}

/** One call of the job, and what is compared of its reply. @param key the job's idempotency key */
export async function ask(api: Api, key: string, id: string, call: Call): Promise<Reply> {
  const ref = { tenant: TENANT, job_id: id, attempt: 1 };
  switch (call.do) {
    case "submit":
      return submit(api, key);
    case "status":
      return status(api, id);
    case "start":
      return { do: (await api.runner.start(ref)).do };
    case "ask":
      return { do: (await api.runner.ask(ref, "first", QUESTION, [])).do };
    case "respond":
      return respond(api, id, call.action);
    case "cancel":
      return cancel(api, id);
    case "succeed":
      await api.runner.settle(ref, { name: "succeeded", output: { at: call.result } }, []);
      return {};
    case "fail":
      await api.runner.settle(ref, { name: "failed", error: { code: "x", message: "x" }, path: null }, []);
      return {};
    default:
      return call satisfies never;
  }
}
