/** One line of the operator's log, for programs: `event` says what it tells. No secret, and nothing of what jobs work on. */
export type Log = (line: { event: string; [field: string]: string | number | null | undefined }) => void;

export const log: Log = (line) => console.log(JSON.stringify(line));

/** Lines about one request. Each says who sent it, which job it is about, and how long it has taken so far. */
export class RequestLog {
  /** Who calls, once that is known. */
  caller: { tenant: string; key_id: string | null } | undefined;
  readonly #now: () => number;
  readonly #started: number;

  /** @param now epoch ms */
  constructor(now: () => number) {
    this.#now = now;
    this.#started = now();
  }

  readonly write: Log = ({ event, ...fields }) => {
    const { tenant = null, key_id = null } = this.caller ?? {};
    log({ event, tenant, key_id, job_id: null, ms: this.#now() - this.#started, ...fields });
  };
}
