import { err, ok } from "../jobs/result.ts";
import { registryOfJob } from "./deps.ts";
import { completeJobId, recentJobs } from "./recent-jobs.ts";
import type { FixedResource, TemplateResource } from "./resource.ts";
import { echo, unknownJob } from "./text.ts";

const job: TemplateResource = {
  name: "job",
  title: "Job",
  description: "Status, steps and timeline of one job, as JSON.",
  template: "job://{job_id}",
  variable: "job_id",
  cacheHint: { ttlMs: 1_000, cacheScope: "private" },
  read: async (jobId, deps) => {
    const found = await registryOfJob(deps, jobId)?.status(deps.tenant, jobId, { steps: true, events: true });
    return found?.ok ? ok(found.value) : err(unknownJob(jobId));
  },
  list: async (deps) => {
    const jobs = await recentJobs(deps);
    return jobs.map((row) => ({ uri: `job://${row.id}`, name: row.id, title: `${echo(row.name)} (${row.status})` }));
  },
  complete: completeJobId,
};

/** What this server is as a module. The lists come from what is registered, so they cannot differ from it. */
const moduleDescriptor: FixedResource = {
  name: "module",
  title: "Module descriptor",
  description: "What the jobs module offers: its tools, resources and prompts.",
  uri: "module://jobs",
  cacheHint: { ttlMs: 300_000, cacheScope: "public" },
  read: ({ version }, { tools, resources, prompts }) => ({
    name: "jobs",
    title: "Edge Jobs",
    version,
    summary: "Durable background jobs: submit a plan of steps, walk away, come back to a result that is never lost.",
    tags: ["background", "async", "orchestration"],
    maturity: "beta",
    tools,
    resources,
    prompts,
  }),
};

export const FIXED_RESOURCES: readonly FixedResource[] = [moduleDescriptor];
export const TEMPLATE_RESOURCES: readonly TemplateResource[] = [job];
