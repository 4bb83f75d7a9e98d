import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@modelcontextprotocol/client";
import type { JobStatus } from "../src/jobs/view.ts";
import { getStatus, postmortem, submit } from "./client.ts";
import { progressView } from "./progress.ts";
import { AuditResult, auditTable } from "./table.ts";

/** What the demo shows, scene by scene. Each checks what it shows, and throws when it is not what it should be. */

const MAX_POLL_MS = 500;
const MAX_JOB_MS = 30_000;

const print = (lines: readonly string[]): void => console.log(lines.join("\n"));

/** A page of each sort. The flaky one answers only after two failures, which an audit reports and does not hide. */
export const SAMPLE_ROUTES: Readonly<Record<string, number>> = {
  "/": 200,
  "/ok.json": 200,
  "/slow?ms=2500": 200,
  "/moved": 200,
  "/flaky?key=audit": 503,
  "/missing": 404,
};

export async function listTools(client: Client): Promise<void> {
  const { tools } = await client.listTools();
  assert.ok(tools.length > 0, "the server lists no tools");
  print(tools.map(({ name, title }) => `  ${name.padEnd(24)} ${title ?? ""}`));
}

/** @param expected status of each URL; without it, any answer will do */
export async function auditUrls(client: Client, urls: string[], expected?: readonly number[]): Promise<void> {
  const job = await watch(client, await submit(client, { blueprint: "url-audit", input: { urls } }));
  assert.equal(job.status, "succeeded", `url-audit: ${job.error}`);
  const result = AuditResult.parse(job.result);
  print(["", ...auditTable(result)]);
  assert.equal(result.summary.total, urls.length);
  if (expected)
    assert.deepEqual(
      result.pages.map(({ status }) => status),
      expected,
    );
}

/** The first step fails twice and is retried; the second fails for good, and the job with it. */
export async function failAndExplain(client: Client, service: string): Promise<void> {
  const retry = { limit: 3, delay: "1 second", backoff: "fixed" };
  const job = await watch(
    client,
    await submit(client, {
      blueprint: {
        name: "made-to-fail",
        steps: [
          { id: "flaky", type: "http", url: `${service}/flaky?key=demo&times=2`, retry },
          { id: "broken", type: "http", method: "POST", url: `${service}/broken`, retry: { ...retry, limit: 1 } },
        ],
      },
    }),
  );
  assert.equal(job.status, "failed");
  assert.equal(job.error_code, "http_status", `${job.error}`);
  assert.deepEqual(
    job.steps?.map(({ id, status, tries }) => ({ id, status, tries })),
    [
      { id: "flaky", status: "succeeded", tries: 3 },
      { id: "broken", status: "failed", tries: 2 },
    ],
  );
  const text = await postmortem(client, job.id);
  assert.match(text, /broken/);
  print(["", "jobs_postmortem gives the model this:", "", ...text.split("\n").map((line) => `  │ ${line}`)]);
}

/** Poll at the pace that the server asks for, and show each step until the job settles. */
async function watch(client: Client, submitted: JobStatus): Promise<JobStatus> {
  const view = progressView(process.stdout);
  const deadline = Date.now() + MAX_JOB_MS;
  for (;;) {
    const status = await getStatus(client, submitted.id);
    view.show(status);
    if (status.poll_after_ms === 0) return status;
    assert.ok(Date.now() < deadline, `${status.name} has not settled after ${MAX_JOB_MS / 1_000} s`);
    await sleep(Math.min(status.poll_after_ms, MAX_POLL_MS));
  }
}
