import { describe, expect, expectTypeOf, it } from "vitest";
import {
  EdgeJobs,
  type InputRequest,
  type Job,
  type JobRow,
  OPERATIONS,
  type Step,
} from "../../packages/client/src/index.ts";
import type { JobStatus, JobRow as ServedRow, StepView } from "../../src/jobs/view.ts";
import { ROUTES } from "../../src/rest/routes/index.ts";
import { serveRest } from "../../src/rest/serve-rest.ts";
import { jobIdOf, jobStatus, type World, world } from "./support.ts";

/** The client of `packages/client`, in the Workers runtime, against the routes themselves. */
const clientOf = ({ deps }: World): EdgeJobs =>
  new EdgeJobs({ url: "http://localhost", fetch: (url, init) => serveRest(new Request(url, init), deps) });

describe("the client", () => {
  it("knows every operation where it is served, and no other", () => {
    const served = ROUTES.map(({ operation, method, path }) => [operation, [method, path]]);
    expect(Object.fromEntries(Object.entries(OPERATIONS))).toEqual(Object.fromEntries(served));
  });

  it("has the types that the server answers with", () => {
    expectTypeOf<JobStatus>().toExtend<Job>();
    expectTypeOf<ServedRow>().toExtend<JobRow>();
    expectTypeOf<JobStatus["input_requests"][number]>().toExtend<InputRequest>();
    expectTypeOf<StepView>().toExtend<Step>();
    expectTypeOf<keyof Job>().toEqualTypeOf<keyof JobStatus>();
  });

  it("submits, runs, lists, cancels and deletes in the Workers runtime", async () => {
    const w = world();
    const jobs = clientOf(w);
    const job = await jobs.submit({ blueprint: "double", input: { n: 1 } });
    expect(job).toMatchObject({ id: jobIdOf(1), deduplicated: false });
    expect(await jobs.cancel(job.id, { reason: "enough" })).toMatchObject({ status: "cancelled", changed: true });
    expect((await Array.fromAsync(jobs.list({ status: "cancelled" }))).map(({ id }) => id)).toEqual([job.id]);
    w.registry.jobs.set(job.id, jobStatus({ id: job.id, status: "succeeded", result: { a: [1, 2] } }));
    expect(await jobs.resultText(job.id, { pointer: "/a/1" })).toBe("2");
    await jobs.remove(job.id);
    await expect(jobs.get(job.id)).rejects.toMatchObject({ status: 404, code: "unknown_job" });
  });

  it("asks for any operation, and is refused with the faults", async () => {
    const jobs = clientOf(world());
    expect(await jobs.dryRun({ blueprint: "double", input: { n: 1 } })).toMatchObject({ valid: true });
    await expect(jobs.call("jobs_list", { limit: 0 })).rejects.toMatchObject({ faults: [{ path: "limit" }] });
    expect((await Array.fromAsync(jobs.blueprints.list())).map(({ name }) => name)).toEqual(["double"]);
    expect(await jobs.blueprints.get("double", { version: 1 })).toMatchObject({ version: 1, source: "catalog" });
  });
});
