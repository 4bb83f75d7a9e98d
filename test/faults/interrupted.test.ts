import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DISPATCH_GRACE_MS, MAX_INTERRUPTED_TRIES } from "../../src/limits.ts";
import { newSecret, newTenant } from "../../tooling/fuzz/tenants.ts";
import type { RunningServer } from "../../tooling/servers/running-server.ts";
import { startServer } from "../../tooling/servers/workerd-server.ts";
import { heavySteps } from "./heavy-plans.ts";
import { changeJobs } from "./stored-rows.ts";

const AUTH_SECRET = newSecret();
/** The registry wonders after 30 seconds, and nudges. */
const HEARD_MS = 90_000;
let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ AUTH_SECRET });
});

afterAll(() => server?.stop());

/** As if the job had died so often before, and the server been away until it wonders about it. Only while none runs. */
function noteDeaths(jobId: string, deaths: number): number {
  const sql = `UPDATE jobs SET run_json = json_set(run_json, '$.interrupted', ?),
    expected_by = expected_by - ?, due_at = due_at - ? WHERE job_id = ?`;
  return changeJobs(server, sql, deaths, DISPATCH_GRACE_MS, DISPATCH_GRACE_MS, jobId);
}

it("a job whose process is killed once more than may be, amid an expression, fails and is not resumed for ever", async () => {
  const tenant = await newTenant(server.url, "acme", AUTH_SECRET);
  const id = await tenant.submit(heavySteps("")["three levels of maps"] ?? []);
  const status = () => tenant.tool("jobs_get_status", { job_id: id });
  while ((await status()).status !== "running") await sleep(100);
  await server.kill9();
  expect(noteDeaths(id, MAX_INTERRUPTED_TRIES)).toBe(1);
  await server.restart();
  let seen = await status();
  for (const end = Date.now() + HEARD_MS; Date.now() < end && seen.status === "running"; await sleep(500)) {
    seen = await status();
  }
  expect(seen).toMatchObject({ status: "failed", error_code: "job_interrupted" });
}, 150_000);
