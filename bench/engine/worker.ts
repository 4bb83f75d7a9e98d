import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from "cloudflare:workers";

interface EngineEnv {
  BARE_WORKFLOW: Workflow<Target>;
  JOB_WORKFLOW: Workflow;
}

interface Target {
  /** Left out: the instance does nothing, which is the least that one costs. */
  url?: string;
}

/** Between two looks whether an instance has ended. */
const LOOK_MS = 20;

/** What the engine does by itself: three requests, one a step, each with its result kept. */
export class BareWorkflow extends WorkflowEntrypoint<EngineEnv, Target> {
  override async run({ payload }: Readonly<WorkflowEvent<Target>>, step: WorkflowStep): Promise<void> {
    const { url } = payload;
    if (url === undefined) return;
    for (const name of ["one", "two", "three"]) await step.do(name, () => request(url));
  }
}

async function request(url: string): Promise<{ status: number; body: string }> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"n":1}',
  });
  return { status: response.status, body: await response.text() };
}

/** One after the other: a look costs the engine something, too. */
async function ended(workflow: Workflow, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const instance = await workflow.get(id);
    for (let { status } = await instance.status(); status !== "complete"; { status } = await instance.status()) {
      if (status === "errored" || status === "terminated") throw new Error(`${id} ${status}`);
      await scheduler.wait(LOOK_MS);
    }
  }
}

/** Steps and waits that the local engine has on its own record of the instance. */
async function stepsOf(workflow: Workflow, id: string): Promise<number> {
  const status: object = await (await workflow.get(id)).status();
  if (!("__LOCAL_DEV_STEP_OUTPUTS" in status)) throw new Error("the local engine does not say what it did");
  return (status.__LOCAL_DEV_STEP_OUTPUTS as unknown[]).length;
}

export default {
  fetch: async (request, { BARE_WORKFLOW, JOB_WORKFLOW }) => {
    const { ids = [], ...target } = await request.json<{ url?: string; ids?: string[] }>();
    switch (new URL(request.url).pathname) {
      case "/submit":
        return Response.json({ id: (await BARE_WORKFLOW.create({ params: target })).id });
      case "/settled":
        await ended(BARE_WORKFLOW, ids);
        return Response.json({});
      case "/steps":
        await ended(JOB_WORKFLOW, ids);
        return Response.json({ steps: await Promise.all(ids.map((id) => stepsOf(JOB_WORKFLOW, id))) });
      default:
        return new Response(null, { status: 404 });
    }
  },
} satisfies ExportedHandler<EngineEnv>;
