import type { Scope } from "../expression/template.ts";
import type { ItemCounts } from "../jobs/job.ts";
import { type Json, jsonBytes } from "../lib/json.ts";
import { MAX_ROWS_BYTES } from "../limits.ts";
import type { RunContext, Step } from "./context.ts";
import { type Done, type Ended, type Failed, failed, HALTED, type SequenceEnding, STOPPED } from "./ending.ts";
import { heldBytes } from "./holdings.ts";
import { runSteps } from "./run-steps.ts";
import { withDeadline } from "./waits/deadline.ts";

/** Steps that run beside others: an item of a map, or a branch. */
export interface Row {
  steps: readonly Step[];
  scope: Scope;
  /** Path of the row with its dot. */
  prefix: string;
  /** The same with items in place of the indexes of maps. */
  key: string;
}

const pathOf = ({ prefix }: Row): string => prefix.slice(0, -1);

const TOO_LARGE = {
  code: "output_too_large",
  message: `The outputs together are larger than ${MAX_ROWS_BYTES} bytes. End each row with a transform that keeps the gist.`,
};

/** How rows run. */
interface Terms {
  concurrency: number;
  /** Whether the blueprint goes on from a failure: then it is kept which rows had finished. */
  goesOn: boolean;
  /** true: the first row that succeeds is enough; a place: that row decides, well or badly. */
  first?: true | number | undefined;
  /** Epoch ms after which none of them may run; undefined: as long as the job. */
  until: number | undefined;
  /** What it means that they still do. */
  late: () => Failed;
}

/** How rows ended together. */
export type RowsEnding =
  | { end: "done"; outputs: (Json | undefined)[]; at: number }
  /** The row at this place decided, and the others were not needed. */
  | { end: "won"; index: number; output: Json | undefined; at: number }
  /** `finished`: the last outputs of the rows that ended well, at their places. */
  | (Failed & { finished: ReadonlyMap<number, Json | undefined> })
  | Exclude<SequenceEnding, Done | Failed>;

/**
 * Rows of one step, side by side, each in a scope of its own. Once one has failed, no other begins anything more, what
 * they do is ended, and all have ended when this does: what comes next may take back what they did.
 */
class Rows {
  readonly #context: RunContext;
  readonly #path: string;
  readonly #rows: readonly Row[];
  readonly #counts: ItemCounts;
  readonly #finished = new Map<number, Json | undefined>();
  /** When each had finished, epoch ms. */
  readonly #times = new Map<number, number>();
  readonly #lane = new AbortController();
  /** Whether one row is enough: any, or the one at this place. */
  readonly #first: true | number | undefined;
  #winner: number | undefined;
  #lastFailure: Failed | undefined;
  /** Whether a row was halted although its lane was open. */
  #wasRefused = false;
  #broken: Failed | Ended | typeof STOPPED | undefined;
  /** Of the outputs as JSON, and of memory. */
  #bytes = 0;
  #held = 0;
  #telling: Promise<void> | undefined;

  constructor(context: RunContext, path: string, rows: readonly Row[], first: true | number | undefined) {
    this.#first = first;
    this.#context = context;
    this.#path = path;
    this.#rows = rows;
    this.#counts = { total: rows.length, done: 0, failed: 0 };
  }

  async run(terms: Terms): Promise<RowsEnding> {
    const { concurrency, until, late } = terms;
    const inner = this.#context.inLane(AbortSignal.any([this.#context.lane, this.#lane.signal]));
    this.#count();
    try {
      const work = () => this.#runEach(inner, this.#rows.keys(), concurrency);
      await withDeadline(this.#context, this.#path, until, work, () => this.#break(late()));
      return await this.#judge(terms);
    } finally {
      this.#context.holdings.drop(this.#held);
    }
  }

  async #judge({ concurrency, goesOn, until, late }: Terms): Promise<RowsEnding> {
    const { lane } = this.#context;
    if (this.#broken?.end === "stopped" || this.#broken?.end === "ended") return this.#broken;
    if (this.#first !== undefined && !lane.aborted) {
      const decided = await this.#decide();
      if (decided !== undefined) return decided;
    }
    // By its own clock the registry lets nothing begin any more.
    if (until !== undefined && this.#wasRefused) this.#break(late());
    const isUndecided = this.#first !== undefined && this.#broken !== undefined;
    if (this.#finished.size === this.#rows.length && !isUndecided)
      return { end: "done", outputs: this.#inOrder(), at: this.#lastOf(this.#times.keys()) };
    const isFatal = this.#broken?.end === "failed" && this.#broken.fatal;
    if (goesOn && !lane.aborted && !isFatal) return this.#keep(concurrency);
    return this.#broken === undefined ? HALTED : { ...this.#broken, finished: this.#finished };
  }

  /** So many at a time, in their order. A row that waits keeps its lane. */
  #runEach(context: RunContext, indexes: Iterable<number>, concurrency: number): Promise<void> {
    const queue = [...indexes].values();
    return context.segments.fork(Math.min(concurrency, this.#rows.length), async () => {
      for (const index of queue) await this.#runRow(context, index);
    });
  }

  async #runRow(context: RunContext, index: number): Promise<void> {
    const row = this.#rows[index];
    if (row === undefined || context.lane.aborted || this.#failedBefore(row, index)) return;
    const { steps, scope, prefix, key } = row;
    const ending = await runSteps(context.inRow(prefix, key), steps, { ...scope, steps: { ...scope.steps } }, prefix);
    // A row that is halted while its lane is open broke nothing: the registry, or an earlier run, knows of one that did.
    if (ending.end === "halted") {
      this.#wasRefused ||= !context.lane.aborted;
      return;
    }
    if (ending.end === "failed" && !ending.fatal && this.#mayFail(index)) return this.#goOnWithout(row, ending);
    if (ending.end !== "done") return this.#break(ending);
    const output = ending.output ?? null;
    const bytes = jsonBytes(output);
    const held = heldBytes(output);
    const refused = await this.#context.hold(held, this.#path);
    if (refused !== undefined) return this.#break(refused);
    this.#held += held;
    this.#bytes += bytes;
    if (this.#bytes > MAX_ROWS_BYTES) return this.#break(failed(TOO_LARGE, this.#path));
    this.#finished.set(index, ending.output);
    this.#times.set(index, ending.at ?? 0);
    this.#counts.done += 1;
    if (ending.tolerated > 0) this.#counts.failed += 1;
    this.#count();
    if (this.#first === index || (this.#first === true && !ending.skipped)) this.#win(index);
    await this.#tell();
  }

  /** Whether the others go on when the row at this place fails. */
  #mayFail(index: number): boolean {
    return this.#first !== undefined && this.#first !== index;
  }

  /** Whether it did in an earlier run. What has run before is run through whole. */
  #failedBefore(row: Row, index: number): boolean {
    if (!this.#mayFail(index) || this.#context.journal !== undefined) return false;
    const before = this.#context.failedBefore(pathOf(row));
    if (before === undefined) return false;
    const { error, path, at } = before;
    if (at >= (this.#lastFailure?.at ?? 0)) this.#lastFailure = { ...failed(error, path), at };
    return true;
  }

  async #goOnWithout(row: Row, failure: Failed): Promise<void> {
    const { path, error } = failure;
    this.#lastFailure = failure;
    if (this.#context.journal !== undefined) return;
    const stopped = await this.#context.rowFailed(pathOf(row), { path, error });
    if (stopped !== undefined) this.#break(stopped);
  }

  #win(index: number): void {
    if (this.#broken !== undefined) return;
    this.#winner ??= index;
    // What has run before is run through whole: the others may have effects that are taken back.
    if (this.#context.journal === undefined) this.#lane.abort();
  }

  /**
   * The first run that comes here decides which row has won: in a later one another may be first.
   * @returns undefined when none has
   */
  async #decide(): Promise<RowsEnding | undefined> {
    if (this.#broken !== undefined) return undefined;
    const [error, finished] = this.#winner === undefined ? [null, []] : ["won" as const, [this.#winner]];
    const kept = await this.#context.halt(this.#path, error, finished);
    if (kept.do === "stop") return STOPPED;
    if (kept.do === "kept") return kept.error === null ? this.#wonBy(kept.finished) : undefined;
    // What is around it is over.
    if (this.#winner !== undefined) return HALTED;
    if (!this.#wasRefused) this.#broken = this.#lastFailure;
    return undefined;
  }

  async #wonBy([index = 0]: readonly number[]): Promise<RowsEnding> {
    if (!this.#finished.has(index)) await this.#runEach(this.#context, [index], 1);
    const lost = this.#rows.filter((_row, place) => place !== index);
    this.#context.journal?.lose(
      this.#path,
      lost.map(({ prefix }) => prefix),
    );
    return this.#finished.has(index)
      ? { end: "won", index, output: this.#finished.get(index), at: this.#lastOf([index]) }
      : HALTED;
  }

  /** The first that does not end well decides. */
  #break(ending: Failed | Ended | typeof STOPPED): void {
    this.#broken ??= ending;
    this.#lane.abort();
  }

  /** The first run that comes here decides which rows had finished: a later one sees the same, whatever it met. */
  async #keep(concurrency: number): Promise<RowsEnding> {
    const error = this.#broken?.end === "failed" ? this.#broken.error : null;
    const kept = await this.#context.halt(this.#path, error, [...this.#finished.keys()]);
    if (kept.do !== "kept") return kept.do === "stop" ? STOPPED : HALTED;
    if (kept.error === null) return this.#wonBy(kept.finished);
    const unread = kept.finished.filter((index) => !this.#finished.has(index));
    await this.#runEach(this.#context, unread, concurrency);
    const finished = new Map([...this.#finished].filter(([index]) => kept.finished.includes(index)));
    return { ...failed(kept.error, this.#path), finished, at: this.#lastOf(kept.finished) };
  }

  /** When the last of these rows had finished. */
  #lastOf(indexes: Iterable<number>): number {
    return Math.max(0, ...[...indexes].map((index) => this.#times.get(index) ?? 0));
  }

  #count(): void {
    this.#context.reports.add({ path: this.#path, status: "running", items: { ...this.#counts } });
  }

  /** One report at a time: rows that end meanwhile wait for it, and their counts ride along with the next one. */
  async #tell(): Promise<void> {
    if (this.#context.journal !== undefined) return;
    this.#telling ??= this.#flushAndYield().finally(() => {
      this.#telling = undefined;
    });
    return this.#telling;
  }

  /** Rows without engine steps would keep a local server's only thread for themselves: the pause lets others in. */
  async #flushAndYield(): Promise<void> {
    await this.#context.reports.flush();
    await this.#context.ports.pause(0);
  }

  #inOrder(): (Json | undefined)[] {
    return this.#rows.map((_row, index) => this.#finished.get(index));
  }
}

/** @param path of the step that has the rows */
export const runRows = (context: RunContext, path: string, rows: readonly Row[], terms: Terms): Promise<RowsEnding> =>
  new Rows(context, path, rows, terms.first).run(terms);
