import { BlueprintVersions } from "./blueprint-versions.ts";
import { IdempotencyKeys } from "./idempotency-keys.ts";
import { JobTexts } from "./job-texts.ts";
import { Jobs } from "./jobs.ts";
import { Offers } from "./offer-rows.ts";
import { Plans } from "./plans.ts";
import { RateTurns } from "./rate-turn-rows.ts";
import { Slots } from "./slot-rows.ts";
import { Triggers } from "./trigger-tables.ts";
import { Values } from "./values.ts";

/** The tables of jobs, saved blueprints and triggers. */
export interface Tables {
  jobs: Jobs;
  texts: JobTexts;
  values: Values;
  plans: Plans;
  keys: IdempotencyKeys;
  blueprints: BlueprintVersions;
  offers: Offers;
  triggers: Triggers;
  slots: Slots;
  rateTurns: RateTurns;
}

/** @param isTextIndexed TEXT_SEARCH */
export function tablesOf(sql: SqlStorage, isTextIndexed: boolean): Tables {
  const jobs = new Jobs(sql);
  return {
    jobs,
    texts: new JobTexts(sql, jobs, isTextIndexed),
    values: new Values(sql),
    plans: new Plans(sql),
    keys: new IdempotencyKeys(sql),
    blueprints: new BlueprintVersions(sql),
    offers: new Offers(sql),
    triggers: new Triggers(sql),
    slots: new Slots(sql),
    rateTurns: new RateTurns(sql),
  };
}
