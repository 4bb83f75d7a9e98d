import { setTimeout as sleep } from "node:timers/promises";
import { callTool } from "./client.ts";
import { type Spread, spreadOf } from "./rounds.ts";

/** How long a result takes that is not about throughput: jobs one after another, on an idle server. */
export interface Latencies {
  /** From the acceptance of a job to the start of its first step, by the registry's own times. */
  acceptedToFirstStepMs: Spread;
  /** From the moment that a job settled to the reply to whoever waits for it. */
  settledToWokenMs: Spread;
}

interface Status {
  id: string;
  submitted_at: string;
  completed_at: string | null;
  steps: { started_at: string }[];
}

/** @param target a URL that the server may reach */
export async function measureLatencies(origin: string, key: string, target: string, jobs: number): Promise<Latencies> {
  const call = <T>(tool: string, args: object) => callTool<T>(origin, key, tool, args);
  const http = { id: "one", type: "http", method: "POST", url: target, body: { n: 1 } };
  const started: number[] = [];
  const woken: number[] = [];
  for (let i = 0; i < jobs; i++) {
    const { id } = await call<Status>("jobs_submit_blueprint", { blueprint: { name: "bench", steps: [http] } });
    const { jobs: rows } = await call<{ jobs: Status[] }>("jobs_wait", { job_ids: [id] });
    const now = Date.now();
    woken.push(now - Date.parse(rows[0]?.completed_at ?? ""));
    const status = await call<Status>("jobs_get_status", { job_id: id, include: ["steps"] });
    started.push(Date.parse(status.steps[0]?.started_at ?? "") - Date.parse(status.submitted_at));
    await sleep(20);
  }
  return { acceptedToFirstStepMs: spreadOf(started), settledToWokenMs: spreadOf(woken) };
}
