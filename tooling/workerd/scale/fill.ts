import { ID_ENTROPY_BYTES, jobNumber, newJobId } from "../../../src/jobs/id.ts";
import { JOB_COLUMNS } from "../../../src/registry/storage/rows.ts";

/** Many jobs quickly: copies of rows that the registry itself wrote, with ids, times, labels and metadata of their own. */

export interface Filling {
  /** Further settled jobs, and further ones that have not settled. */
  settled: number;
  live: number;
  /** The settled ones were submitted between these, evenly. Epoch ms. */
  from: number;
  to: number;
}

/** Of the settled jobs. */
const SHARES = { succeeded: 0.85, failed: 0.1, cancelled: 0.05 };
const LABELS = ["delayed-webhook@1", "report@1", "report@2", "report@3", "inline"];
const TEAMS = 20;
const BATCH = 5_000;
const SHIFTED: readonly string[] = [
  "submitted_at",
  "dispatched_at",
  "started_at",
  "settled_at",
  "expected_by",
  "due_at",
];

interface Template {
  job_id: string;
  status: string;
  submitted_at: number;
}

/** New number and id, those of the template, ms between them, label, metadata. */
type Copy = [
  number: string,
  id: string,
  templateNumber: string,
  templateId: string,
  shiftMs: number,
  label: string,
  metadataJson: string,
];

const FIELDS: Record<string, string> = {
  job_id: "copy.value ->> 1",
  blueprint: "copy.value ->> 5",
  metadata_json: "copy.value ->> 6",
  ...Object.fromEntries(SHIFTED.map((column) => [column, `jobs.${column} + (copy.value ->> 4)`])),
};
const COPY_JOBS = `INSERT INTO jobs (job_number, ${JOB_COLUMNS.join(", ")})
  SELECT copy.value ->> 0, ${JOB_COLUMNS.map((column) => FIELDS[column] ?? `jobs.${column}`).join(", ")}
  FROM json_each(?) AS copy CROSS JOIN jobs ON jobs.job_number = copy.value ->> 2`;
const COPY_VALUES = `INSERT INTO job_values (job_id, path, value_json)
  SELECT copy.value ->> 1, job_values.path, value_json
  FROM json_each(?) AS copy CROSS JOIN job_values ON job_id = copy.value ->> 3`;

/** Metadata and label of the n-th job. */
export const teamOf = (n: number): string => `team-${n % TEAMS}`;
export const labelOf = (n: number): string => LABELS[n % LABELS.length] ?? "inline";

export class Filler {
  readonly #sql: SqlStorage;
  readonly #random: () => number;
  readonly #templates: Map<string, Template[]>;

  /**
   * The object must hold at least one job of each kind of {@link SHARES}, and one that has not settled.
   * @param random from 0 to below 1
   */
  constructor(sql: SqlStorage, random: () => number) {
    this.#sql = sql;
    this.#random = random;
    const rows = sql
      .exec<Template & Record<string, SqlStorageValue>>("SELECT job_id, status, submitted_at FROM jobs")
      .toArray();
    this.#templates = Map.groupBy(rows, ({ status }) => (Object.hasOwn(SHARES, status) ? status : "live"));
  }

  /** @returns the new ids, the oldest first */
  fill({ settled, live, from, to }: Filling): string[] {
    const ids: string[] = [];
    for (let done = 0; done < settled; done += BATCH) {
      const copies = Array.from({ length: Math.min(BATCH, settled - done) }, (_, i) =>
        this.#copy(done + i, this.#settledStatus(), from + Math.floor(((to - from) * (done + i)) / settled)),
      );
      ids.push(...this.#insert(copies));
    }
    ids.push(...this.#insert(Array.from({ length: live }, (_, i) => this.#copy(settled + i, "live", null))));
    return ids;
  }

  #settledStatus(): string {
    let left = this.#random();
    for (const [status, share] of Object.entries(SHARES)) {
      left -= share;
      if (left < 0) return status;
    }
    return "succeeded";
  }

  /** @param submittedAt null: as the template's */
  #copy(n: number, kind: string, submittedAt: number | null): Copy {
    const templates = this.#templates.get(kind) ?? [];
    const template = templates[Math.floor(this.#random() * templates.length)];
    if (template === undefined) throw new Error(`no ${kind} job to copy`);
    const at = submittedAt ?? template.submitted_at;
    const entropy = Uint8Array.from({ length: ID_ENTROPY_BYTES }, () => Math.floor(this.#random() * 256));
    const metadata = JSON.stringify({ team: teamOf(n), n });
    const id = newJobId(at, entropy, 0);
    const { job_id, submitted_at } = template;
    return [String(jobNumber(id)), id, String(jobNumber(job_id)), job_id, at - submitted_at, labelOf(n), metadata];
  }

  #insert(copies: readonly Copy[]): string[] {
    const json = JSON.stringify(copies);
    this.#sql.exec(COPY_JOBS, json);
    this.#sql.exec(COPY_VALUES, json);
    return copies.map(([, id]) => id);
  }
}
