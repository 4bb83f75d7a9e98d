import { describe, expect, it } from "vitest";
import { inRegistry } from "../bench.ts";
import { STATEMENTS } from "./statements.ts";

/** By which index each statement finds its rows; null: it looks for none. */
const INDEX: Record<string, string | null> = {
  "jobs.insert": null,
  "jobs.find": "PRIMARY KEY",
  "jobs.displacedNumber": "PRIMARY KEY",
  "jobs.delete": "PRIMARY KEY",
  "jobs.due": "jobs_by_due",
  "jobs.firstDue": "jobs_by_due",
  "jobs.putOff": "PRIMARY KEY",
  "jobs.waiting": "jobs_by_status",
  "jobs.counts": "jobs_by_status",
  "jobs.parents": "jobs_by_status",
  "jobs.list": "PRIMARY KEY",
  "jobs.listByStatus": "jobs_by_status",
  "jobs.listByBlueprint": "jobs_by_blueprint",
  "jobs.since": "PRIMARY KEY",
  "jobs.oldestQueued": "jobs_by_status",
  "jobs.ofBatch": "PRIMARY KEY",
  "jobs.nextBlueprint": "jobs_by_blueprint",
  "job_values.insert": null,
  "job_values.replace": null,
  "job_values.find": "PRIMARY KEY",
  "job_values.small": "PRIMARY KEY",
  "job_values.copy": "PRIMARY KEY",
  "job_values.paths": "PRIMARY KEY",
  "job_values.childrenBelow": "PRIMARY KEY",
  "job_values.deleteBelow": "PRIMARY KEY",
  "job_values.deleteOne": "PRIMARY KEY",
  "job_values.delete": "PRIMARY KEY",
  "job_values.sizes": "PRIMARY KEY",
  "job_values.between": "PRIMARY KEY",
  "job_values.undo": "PRIMARY KEY",
  "plans.pin": null,
  "plans.use": null,
  "plans.unuse": "PRIMARY KEY",
  "plans.deleteUnused": "PRIMARY KEY",
  "plans.find": "PRIMARY KEY",
  "idempotency_keys.insert": null,
  "idempotency_keys.find": "PRIMARY KEY",
  "idempotency_keys.delete": "PRIMARY KEY",
  "blueprints.insert": null,
  "blueprints.find": "PRIMARY KEY",
  "blueprints.latest": "PRIMARY KEY",
  "blueprints.nextName": "PRIMARY KEY",
  "blueprints.count": "saved_blueprints",
  "blueprints.delete": "PRIMARY KEY",
  "blueprints.deletedNumber": "PRIMARY KEY",
  "blueprints.keepNumber": null,
  "store.find": "PRIMARY KEY",
  "store.put": null,
  "store.count": "store_entries",
  "store.due": "store_entries_by_due",
  "store.firstDue": "store_entries_by_due",
  "store.expire": "PRIMARY KEY",
  "store.forget": "PRIMARY KEY",
  "store.note": null,
  "store.noted": "sqlite_autoindex_store_writes",
  "store.oldest": "store_writes",
  "store.purge": "PRIMARY KEY",
  "events.state": "event_log",
  "events.setState": null,
  "events.last": "events",
  "events.first": "events",
  "events.from": "PRIMARY KEY",
  "events.add": null,
  "events.after": "PRIMARY KEY",
  "events.emitted": "events_emitted",
  "subscriptions.find": "PRIMARY KEY",
  "subscriptions.put": null,
  "subscriptions.due": "subscriptions_by_due",
  "subscriptions.firstDue": "subscriptions_by_due",
  "subscriptions.live": "subscriptions",
  "subscriptions.delete": "PRIMARY KEY",
  "subscriptions.note": null,
  "subscriptions.forget": "PRIMARY KEY",
  "subscriptions.addSubscriber": null,
  "subscriptions.dropSubscriber": "PRIMARY KEY",
  "subscriptions.subscribers": "event_subscribers",
  "events.purge": "PRIMARY KEY",
  "offers.insert": null,
  "offers.find": "offers_by_step",
  "offers.ofJob": "offers_by_step",
  "offers.input": "offers_by_step",
  "offers.head": "open_offers",
  "offers.unended": "due_offers",
  "offers.due": "due_offers",
  "offers.firstDue": "due_offers",
  "offers.forget": "offers_by_step",
  "triggers.put": null,
  "triggers.find": "PRIMARY KEY",
  "triggers.byHook": "triggers_by_hook",
  "triggers.page": "PRIMARY KEY",
  "triggers.using": "triggers_by_label",
  "triggers.delete": "PRIMARY KEY",
  "triggers.putState": null,
  "triggers.changeState": "PRIMARY KEY",
  "triggers.state": "PRIMARY KEY",
  "triggers.due": "trigger_states_by_due",
  "triggers.firstDue": "trigger_states_by_due",
  "triggers.putOff": "PRIMARY KEY",
  "triggers.deleteState": "PRIMARY KEY",
  "triggers.putChunk": null,
  "triggers.chunks": "PRIMARY KEY",
  "triggers.deleteChunks": "PRIMARY KEY",
  "triggers.putValue": null,
  "triggers.value": "PRIMARY KEY",
  "triggers.deleteValues": "PRIMARY KEY",
};

/** Taking the first row of an index is a scan that ends at once; saved blueprints and keys are few. */
const MAY_SCAN = [
  "jobs.firstDue",
  "blueprints.count",
  "store.count",
  "store.firstDue",
  "store.oldest",
  "events.state",
  "events.first",
  "events.last",
  "subscriptions.firstDue",
  "subscriptions.live",
  "subscriptions.subscribers",
  "offers.firstDue",
  "triggers.firstDue",
];

describe("query plans", () => {
  it("are known of every statement", () => {
    expect(Object.keys(STATEMENTS).sort()).toEqual(Object.keys(INDEX).sort());
  });

  it.each(Object.entries(INDEX))("%s goes by %s and sorts nothing", (name, index) =>
    inRegistry(async ({ storage }) => {
      const statement = STATEMENTS[name] ?? "";
      const bindings = Array.from(statement.matchAll(/\?/g), () => 1);
      const plan = storage.sql.exec<{ detail: string }>(`EXPLAIN QUERY PLAN ${statement}`, ...bindings).toArray();
      const details = plan.map((row) => row.detail).join("; ");
      expect(details).not.toContain("TEMP B-TREE");
      if (index === null) return expect(details).toBe("");
      expect(details).toContain(index);
      if (!MAY_SCAN.includes(name)) expect(details).not.toContain("SCAN");
    }),
  );
});
