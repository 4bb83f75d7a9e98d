import type { RunParams } from "../../../src/env.ts";
import type { WorkflowBinding } from "../../../src/registry/dispatch/engine.ts";
import type { Hazard, Life } from "./hazard.ts";

interface Instance {
  params: RunParams;
  status: InstanceStatus["status"];
  events: string[];
}

/** Cloudflare Workflows, as far as the registry asks of it; it runs nothing, tests report in its place. */
export class FakeWorkflow {
  readonly instances = new Map<string, Instance>();
  /** It takes no new instance. */
  refuses = false;
  /** The binding that one life of the object holds. */
  binding(life: Life, hazard: Hazard): WorkflowBinding {
    const call = <T>(name: string, act: () => T) => hazard.call(life, name, async () => act());
    return {
      createBatch: (batch: { id: string; params: RunParams }[]) => call("create instances", () => this.#create(batch)),
      get: async (id: string) => ({
        status: () => call("ask for a status", () => ({ status: this.#known(id).status })),
        sendEvent: ({ type }: { type: string }) =>
          call("send an event", () => {
            this.#known(id).events.push(type);
          }),
        terminate: () =>
          call("terminate", () => {
            this.#known(id).status = "terminated";
          }),
      }),
    };
  }

  /** True when the instance was sent the event. */
  told(id: string, event: string): boolean {
    return this.instances.get(id)?.events.includes(event) ?? false;
  }

  /** The engine forgets the instance. */
  lose(id: string): void {
    this.instances.delete(id);
  }

  #create(batch: { id: string; params: RunParams }[]): void {
    if (this.refuses) throw new Error("the engine refuses");
    for (const { id, params } of batch) {
      if (!this.instances.has(id)) this.instances.set(id, { params, status: "running", events: [] });
    }
  }

  #known(id: string): Instance {
    const instance = this.instances.get(id);
    if (instance === undefined) throw new Error("instance.not_found");
    return instance;
  }
}
