import type { JobStatus } from "../../jobs/view.ts";
import type { ServiceContext } from "../context.ts";

type Linking = Pick<ServiceContext, "scopes" | "linkOrigin" | "linkToken">;

/** The job with the links of its questions, for who may answer them: whoever has a link can. */
export async function withLinks<Job extends Pick<JobStatus, "id" | "input_requests">>(
  { scopes, linkOrigin, linkToken }: Linking,
  job: Job,
): Promise<Job> {
  const isLinked = job.input_requests.some(({ link }) => link);
  if (!isLinked || !scopes.includes("jobs:write") || linkToken === undefined || linkOrigin === undefined) return job;
  const requests = job.input_requests.map(async (request) => {
    const { link, step, job_id = job.id } = request;
    return link ? { ...request, url: `${linkOrigin}/a/${await linkToken(job_id, step)}` } : request;
  });
  return { ...job, input_requests: await Promise.all(requests) };
}
