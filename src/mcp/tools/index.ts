import type { Tool } from "../tool.ts";
import { blueprintsDelete } from "./blueprints-delete.ts";
import { blueprintsGet } from "./blueprints-get.ts";
import { blueprintsList } from "./blueprints-list.ts";
import { blueprintsSave } from "./blueprints-save.ts";
import { eventsRead } from "./events-read.ts";
import { jobsBulk } from "./jobs-bulk.ts";
import { jobsCancel } from "./jobs-cancel.ts";
import { jobsDelete } from "./jobs-delete.ts";
import { jobsGetResult } from "./jobs-get-result.ts";
import { jobsGetStatus } from "./jobs-get-status.ts";
import { jobsList } from "./jobs-list.ts";
import { jobsRespond } from "./jobs-respond.ts";
import { jobsRetry } from "./jobs-retry.ts";
import { jobsStats } from "./jobs-stats.ts";
import { jobsSubmitBlueprint } from "./jobs-submit-blueprint.ts";
import { jobsWait } from "./jobs-wait.ts";
import { triggersDelete } from "./triggers-delete.ts";
import { triggersFire } from "./triggers-fire.ts";
import { triggersList } from "./triggers-list.ts";
import { triggersSave } from "./triggers-save.ts";
import { workClaim } from "./work-claim.ts";
import { workReport } from "./work-report.ts";

/** In the order of tools/list. */
export const TOOLS: readonly Tool[] = [
  jobsSubmitBlueprint,
  jobsGetStatus,
  jobsWait,
  jobsGetResult,
  jobsList,
  jobsCancel,
  jobsRetry,
  jobsRespond,
  jobsDelete,
  blueprintsList,
  blueprintsGet,
  blueprintsSave,
  blueprintsDelete,
  eventsRead,
  triggersSave,
  triggersList,
  triggersFire,
  triggersDelete,
  workClaim,
  workReport,
  jobsStats,
  jobsBulk,
];
