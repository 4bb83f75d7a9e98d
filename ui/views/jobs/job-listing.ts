import type { JobRow } from "../../../src/jobs/view.ts";
import { get, type JobPage } from "../../lib/api.ts";

/** Filters of a listing, by the names that the API gives them. They are the query of the view's URL. */

export const FILTERS = [
  { name: "text", label: "Text", hint: "In name, description, metadata or error" },
  { name: "blueprint", label: "Blueprint", hint: "name, name@version or inline" },
  { name: "trigger", label: "Trigger", hint: "Its name" },
  { name: "batch_id", label: "Batch", hint: "batch_..." },
  { name: "parent_id", label: "Parent", hint: "job_..." },
  { name: "error_code", label: "Error code", hint: "http_status" },
  { name: "metadata", label: "Metadata", hint: '{"env": "prod"}' },
  { name: "submitted_after", label: "Submitted after", hint: "2026-11-20T12:00:00Z" },
  { name: "submitted_before", label: "Submitted before", hint: "2026-11-21T12:00:00Z" },
] as const;

const PAGE = 50;
/** A page may be short and still not be the last: so many are asked for before it is shown. */
const MAX_SHORT_PAGES = 20;

export type Where = Record<string, string | string[] | Record<string, unknown>>;

/** The filters of the URL as arguments. @throws of metadata that is no JSON */
export function whereOf(query: URLSearchParams): Where {
  const where: Where = {};
  for (const { name } of FILTERS) {
    const text = query.get(name) ?? "";
    if (text !== "") where[name] = name === "metadata" ? (JSON.parse(text) as Record<string, unknown>) : text;
  }
  const statuses = query.getAll("status").filter((status) => status !== "");
  return statuses.length === 0 ? where : { ...where, status: statuses };
}

/** @param wanted so many rows at least, if there are as many */
export async function loadJobs(query: URLSearchParams, wanted: number): Promise<JobPage> {
  const filters = Object.fromEntries(FILTERS.map(({ name }) => [name, query.get(name) ?? undefined]));
  const jobs: JobRow[] = [];
  let cursor: string | null | undefined;
  for (let page = 0; cursor !== null && jobs.length < wanted && page < wanted / PAGE + MAX_SHORT_PAGES; page++) {
    const next = await get<JobPage>("/jobs", { ...filters, status: query.getAll("status"), limit: PAGE, cursor });
    jobs.push(...next.jobs);
    cursor = next.next_cursor;
  }
  return { jobs, next_cursor: cursor ?? null };
}
