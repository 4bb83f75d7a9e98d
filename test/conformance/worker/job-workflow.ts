import type { WorkflowEvent, WorkflowStep } from "cloudflare:workers";
import type { RunParams } from "../../../src/env.ts";
import { JobWorkflow as Shipped } from "../../../src/index.ts";
import type { EngineStep } from "../../../src/runner/ports.ts";
import { DOOMED_STEP } from "./task-tools.ts";

/** The engine, but for one step that it gives up before it acts. */
function failing(engine: EngineStep): EngineStep {
  return {
    do: (name, config, callback) =>
      name === DOOMED_STEP ? Promise.reject(new Error("out of order")) : engine.do(name, config, callback),
    sleep: (name, duration) => engine.sleep(name, duration),
    waitForEvent: (name, options) => engine.waitForEvent(name, options),
  };
}

/** The shipped Workflow, on an engine whose failure can be asked for. */
export class JobWorkflow extends Shipped {
  override run(event: Readonly<WorkflowEvent<RunParams>>, step: WorkflowStep): Promise<void> {
    // The platform's type of the same object: see the shipped Workflow.
    return super.run(event, failing(step as unknown as EngineStep) as unknown as WorkflowStep);
  }
}
