import { BlueprintVersions } from "./blueprint-versions.ts";
import { IdempotencyKeys } from "./idempotency-keys.ts";
import { Jobs } from "./jobs.ts";
import { Offers } from "./offer-rows.ts";
import { Plans } from "./plans.ts";
import { Slots } from "./slot-rows.ts";
import { Triggers } from "./trigger-tables.ts";
import { Values } from "./values.ts";

/** The tables of jobs, saved blueprints and triggers. */
export interface Tables {
  jobs: Jobs;
  values: Values;
  plans: Plans;
  keys: IdempotencyKeys;
  blueprints: BlueprintVersions;
  offers: Offers;
  triggers: Triggers;
  slots: Slots;
}

export const tablesOf = (sql: SqlStorage): Tables => ({
  jobs: new Jobs(sql),
  values: new Values(sql),
  plans: new Plans(sql),
  keys: new IdempotencyKeys(sql),
  blueprints: new BlueprintVersions(sql),
  offers: new Offers(sql),
  triggers: new Triggers(sql),
  slots: new Slots(sql),
});
