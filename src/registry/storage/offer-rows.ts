import type { Offer } from "../../jobs/run/offers.ts";
import type { Json } from "../../lib/json.ts";

const COLUMNS = [
  "tenant",
  "job_id",
  "path",
  "queue",
  "priority",
  "state",
  "token",
  "failures",
  "opened_at",
  "deadline",
  "due_at",
  "lease_until",
  "worker",
  "lease_end",
] as const satisfies (keyof Offer)[];

const LIST = [...COLUMNS, "terms_json"].join(", ");
const THE_OFFER = "job_id = ? AND path = ?";

export const OFFERS_SQL = {
  insert: `INSERT INTO offers (${LIST}, input_json) VALUES (${COLUMNS.map(() => "?").join(", ")}, ?, ?)`,
  find: `SELECT ${LIST} FROM offers WHERE ${THE_OFFER} AND tenant = ?`,
  ofJob: `SELECT ${LIST} FROM offers WHERE job_id = ?`,
  input: `SELECT input_json FROM offers WHERE ${THE_OFFER}`,
  head: `SELECT ${LIST}, number FROM offers
    WHERE queue = ? AND state = 'open' AND tenant = ? AND deadline > ? ORDER BY priority DESC, number LIMIT ?`,
  unended: `SELECT ${LIST} FROM offers WHERE state <> 'ended' AND due_at >= 0 AND tenant = ? LIMIT ?`,
  due: `SELECT ${LIST} FROM offers WHERE state <> 'ended' AND due_at <= ? ORDER BY due_at LIMIT ?`,
  firstDue: "SELECT due_at FROM offers WHERE state <> 'ended' ORDER BY due_at LIMIT 1",
  forget: "DELETE FROM offers WHERE job_id = ?",
} as const;

type OfferRecord = Omit<Offer, "terms"> & { terms_json: string };
/** An offer as claims order it. */
type HeadOffer = Offer & { number: number };

function readOffer<Row extends OfferRecord>({ terms_json, ...fields }: Row) {
  return { ...fields, terms: JSON.parse(terms_json) as Offer["terms"] };
}

/** What is offered to workers. Callers open the transactions. */
export class Offers {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  insert(offer: Offer, input: Json): void {
    const values = COLUMNS.map((column) => offer[column]);
    this.#sql.exec(OFFERS_SQL.insert, ...values, JSON.stringify(offer.terms), JSON.stringify(input));
  }

  find(tenant: string, jobId: string, path: string): Offer | undefined {
    return this.#read(OFFERS_SQL.find, jobId, path, tenant)[0];
  }

  ofJob(jobId: string): Offer[] {
    return this.#read(OFFERS_SQL.ofJob, jobId);
  }

  /** JSON text; empty once it has ended. */
  inputJson({ job_id, path }: Pick<Offer, "job_id" | "path">): string {
    return this.#sql.exec<{ input_json: string }>(OFFERS_SQL.input, job_id, path).one().input_json;
  }

  /** What workers may have now, of these queues: higher priorities first, then the oldest. */
  heads(tenant: string, queues: readonly string[], now: number, limit: number): HeadOffer[] {
    const found = queues.flatMap((queue) =>
      this.#sql
        .exec<OfferRecord & { number: number }>(OFFERS_SQL.head, queue, tenant, now, limit)
        .toArray()
        .map((row) => readOffer(row)),
    );
    return found.sort((a, b) => b.priority - a.priority || a.number - b.number).slice(0, limit);
  }

  /** At most so many, in no order that matters. */
  unended(tenant: string, limit: number): Offer[] {
    return this.#read(OFFERS_SQL.unended, tenant, limit);
  }

  due(now: number, limit: number): Offer[] {
    return this.#read(OFFERS_SQL.due, now, limit);
  }

  firstDue(): number | undefined {
    return this.#sql.exec<{ due_at: number }>(OFFERS_SQL.firstDue).toArray()[0]?.due_at;
  }

  /** Writes what changed, so that an index is written only when its column did. One that ends needs no input any more. */
  update(before: Offer, after: Offer): void {
    const changed = COLUMNS.filter((column) => before[column] !== after[column]);
    const values = changed.map((column) => after[column]);
    const sets = changed.map((column) => `${column} = ?`);
    if (after.state === "ended" && before.state !== "ended") sets.push("input_json = ''");
    if (sets.length === 0) return;
    this.#sql.exec(`UPDATE offers SET ${sets.join(", ")} WHERE ${THE_OFFER}`, ...values, after.job_id, after.path);
  }

  forget(jobId: string): void {
    this.#sql.exec(OFFERS_SQL.forget, jobId);
  }

  #read(query: string, ...bindings: SqlStorageValue[]): Offer[] {
    return this.#sql
      .exec<OfferRecord>(query, ...bindings)
      .toArray()
      .map((row) => readOffer(row));
  }
}
