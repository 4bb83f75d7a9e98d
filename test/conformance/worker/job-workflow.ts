import type { WorkflowEvent, WorkflowStep } from "cloudflare:workers";
import type { RunParams } from "../../../src/env.ts";
import { JobWorkflow as Shipped } from "../../../src/index.ts";
import { parseJobId } from "../../../src/jobs/id.ts";
import { registryOf } from "../../../src/registry/api/client.ts";
import { DOOMED_STEP } from "./task-tools.ts";

const GIVEN_UP = {
  name: "failed" as const,
  error: { code: "engine_step", message: "out of order" },
  path: DOOMED_STEP,
};

/** The shipped Workflow, but for jobs with one step, which it reports as what its engine could not run. */
export class JobWorkflow extends Shipped {
  override async run(event: Readonly<WorkflowEvent<RunParams>>, step: WorkflowStep): Promise<void> {
    const { tenant, job_id } = event.payload;
    const registry = () => registryOf(this.env.JOB_REGISTRY, tenant, parseJobId(job_id)?.shard ?? 0);
    const run = await registry().start(event.payload);
    const isDoomed = run.do === "run" && run.plan.steps.some(({ id }) => id === DOOMED_STEP);
    if (!isDoomed) return super.run(event, step);
    await registry().settle(event.payload, GIVEN_UP, []);
  }
}
