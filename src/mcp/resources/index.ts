import type { FixedResource, TemplateResource } from "../resource.ts";
import { blueprint } from "./blueprint.ts";
import { guide } from "./guide.ts";
import { job } from "./job.ts";
import { jobEvents } from "./job-events.ts";
import { jobResult } from "./job-result.ts";
import { moduleDescriptor } from "./module.ts";
import { progressApp } from "./progress-app.ts";

/** Fixed ones win: blueprint://guide is the guide. */
export const FIXED_RESOURCES: readonly FixedResource[] = [guide, moduleDescriptor, progressApp];
export const TEMPLATE_RESOURCES: readonly TemplateResource[] = [job, jobResult, jobEvents, blueprint];
