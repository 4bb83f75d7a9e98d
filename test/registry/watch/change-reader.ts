import type { ChangePlace } from "../../../src/jobs/changes.ts";
import type { CallerApi } from "../../../src/registry/api/caller.ts";
import type { JobChange } from "../../../src/registry/api/followed-changes.ts";
import { CALLER } from "../bench.ts";

/** One reader of the change stream, at the test's pace. */
export class ChangeReader {
  readonly jobIds: string[];
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #unread: JobChange[] = [];
  #rest = "";
  /** Where it has come, by job. */
  places = new Map<string, ChangePlace>();

  constructor(jobIds: string[], stream: ReadableStream<Uint8Array>) {
    this.jobIds = jobIds;
    this.#reader = stream.getReader();
  }

  /** The next change; undefined at the end. */
  async next(): Promise<JobChange | undefined> {
    while (this.#unread.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      const lines = (this.#rest + new TextDecoder().decode(value)).split("\n");
      this.#rest = lines.pop() ?? "";
      this.#unread.push(...lines.map((line): JobChange => JSON.parse(line)));
    }
    const change = this.#unread.shift();
    if (change) this.places.set(change.job_id, { seq: change.seq, status: change.status });
    return change;
  }

  /** The next ones, fewer when it ends. */
  async take(count: number): Promise<JobChange[]> {
    const seen: JobChange[] = [];
    while (seen.length < count) {
      const change = await this.next();
      if (change === undefined) break;
      seen.push(change);
    }
    return seen;
  }

  /** All until the end. */
  rest(): Promise<JobChange[]> {
    return this.take(Number.POSITIVE_INFINITY);
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

/** @param from where earlier readers had come; without it from the present on */
export async function follow(
  caller: Pick<CallerApi, "follow">,
  jobIds: readonly string[],
  from = new Map<string, ChangePlace>(),
  by = CALLER,
): Promise<ChangeReader> {
  const reply = await caller.follow(
    by,
    jobIds.map((job_id) => ({ job_id, after: from.get(job_id) ?? null })),
  );
  if (!reply.ok) throw new Error(JSON.stringify(reply.error));
  return new ChangeReader(reply.value.job_ids, reply.value.changes);
}
