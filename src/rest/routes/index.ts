import type { Route } from "../route.ts";
import { ACCESS_ROUTES } from "./access-routes.ts";
import { BLUEPRINT_ROUTES } from "./blueprint-routes.ts";
import { EVENT_ROUTES } from "./event-routes.ts";
import { JOB_ROUTES } from "./job-routes.ts";
import { SECRET_ROUTES } from "./secret-routes.ts";
import { STATS_ROUTES } from "./stats-routes.ts";
import { SUBSCRIPTION_ROUTES } from "./subscription-routes.ts";
import { TRIGGER_ROUTES } from "./trigger-routes.ts";
import { WORK_ROUTES } from "./work-routes.ts";

/** Everything under /api/v1 that asks the service. */
export const ROUTES: readonly Route[] = [
  ...JOB_ROUTES,
  ...BLUEPRINT_ROUTES,
  ...EVENT_ROUTES,
  ...SUBSCRIPTION_ROUTES,
  ...TRIGGER_ROUTES,
  ...WORK_ROUTES,
  ...STATS_ROUTES,
  ...ACCESS_ROUTES,
  ...SECRET_ROUTES,
];
