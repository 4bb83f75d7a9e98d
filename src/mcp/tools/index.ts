import type { Tool } from "../tool.ts";
import { blueprintsGet } from "./blueprints-get.ts";
import { blueprintsList } from "./blueprints-list.ts";
import { jobsGetStatus } from "./jobs-get-status.ts";
import { jobsList } from "./jobs-list.ts";
import { jobsSubmitBlueprint } from "./jobs-submit-blueprint.ts";

/** In the order of tools/list. */
export const TOOLS: readonly Tool[] = [jobsSubmitBlueprint, jobsGetStatus, jobsList, blueprintsList, blueprintsGet];
