import { jobNumber } from "../../src/jobs/id.ts";

/** Copies of the object's first job under these ids, without metadata. */
export function copyFirstJob({ sql }: DurableObjectStorage, ids: readonly string[]): void {
  const first = sql.exec("SELECT * FROM jobs LIMIT 1").one();
  const columns = Object.keys(first);
  const insert = `INSERT INTO jobs (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`;
  for (const job_id of ids) {
    const copy = { ...first, job_number: String(jobNumber(job_id)), job_id, metadata_json: "{}" };
    sql.exec(insert, ...Object.values(copy));
  }
}
