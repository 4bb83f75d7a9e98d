import * as z from "zod";
import { DEFAULT_LIST_ROWS, MAX_CURSOR_CHARS, MAX_JOB_ID_CHARS, MAX_LIST_ROWS } from "../limits.ts";

/** Fields that several tools share. */

/** Any text passes: an id that no job can have is answered like every unknown id. */
export const jobId = z.string().describe("Id of the job.").meta({ maxLength: MAX_JOB_ID_CHARS });

export const limit = z.int().min(1).max(MAX_LIST_ROWS).default(DEFAULT_LIST_ROWS).describe("Rows a page.");

export const cursor = z.string().max(MAX_CURSOR_CHARS).optional().describe("next_cursor; other arguments the same.");

export const instant = z.string().meta({ format: "date-time" });

/**
 * A tool's answer about one job, as output schemas say it: hosts check answers by them, and each stands in the context of
 * every agent, so they name little of what is there, in 100 bytes each. The guide has the other fields.
 */
export const jobOutput = z.looseObject({ id: z.string(), status: z.string().optional() });
