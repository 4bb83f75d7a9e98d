import { describe, expect, it } from "vitest";
import { SQL } from "../../../src/registry/storage/queries.ts";
import { inRegistry } from "../bench.ts";

const INDEX: Record<keyof typeof SQL, string | null> = {
  insertJob: null,
  job: "PRIMARY KEY",
  deleteJob: "PRIMARY KEY",
  dueJobs: "jobs_by_due",
  firstDue: "jobs_by_due",
  putOff: "PRIMARY KEY",
  waitingJobs: "jobs_by_status",
  census: "jobs_by_status",
  parents: "jobs_by_status",
  list: "PRIMARY KEY",
  listByStatus: "jobs_by_status",
  listByBlueprint: "jobs_by_blueprint",
  nextBlueprint: "jobs_by_blueprint",
  pinPlan: null,
  usePlan: null,
  unusePlan: "PRIMARY KEY",
  deleteUnusedPlan: "PRIMARY KEY",
  plan: "PRIMARY KEY",
  insertValue: null,
  value: "PRIMARY KEY",
  values: "PRIMARY KEY",
  deleteValues: "PRIMARY KEY",
  copyValue: "PRIMARY KEY",
  storedPaths: "PRIMARY KEY",
  insertBlueprint: null,
  blueprint: "PRIMARY KEY",
  latestBlueprint: "PRIMARY KEY",
  nextBlueprintName: "PRIMARY KEY",
  insertKey: null,
  key: "PRIMARY KEY",
  deleteKey: "PRIMARY KEY",
};

describe("query plans", () => {
  it.each(Object.entries(INDEX))("%s goes by %s and sorts nothing", (name, index) =>
    inRegistry(async ({ storage }) => {
      const statement = SQL[name as keyof typeof SQL];
      const bindings = Array.from(statement.matchAll(/\?/g), () => 1);
      const plan = storage.sql.exec<{ detail: string }>(`EXPLAIN QUERY PLAN ${statement}`, ...bindings).toArray();
      const details = plan.map((row) => row.detail).join("; ");
      expect(details).not.toContain("TEMP B-TREE");
      if (index === null) return expect(details).toBe("");
      expect(details).toContain(index);
      // Taking the first row of an index is a scan that ends at once.
      if (name !== "firstDue") expect(details).not.toContain("SCAN");
    }),
  );
});
