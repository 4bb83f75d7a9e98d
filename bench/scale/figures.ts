import type { Spread } from "../rounds.ts";

export interface ScalePlan {
  /** Of the large shard. */
  jobs: number;
  rounds: number;
}

export interface Compared {
  /** Medians of the rounds. */
  smallUs: number;
  largeUs: number;
  /** Of the two in each round. */
  ratio: Spread;
}

export interface CallFigure extends Compared {
  call: string;
}

export interface ScaleFigure extends Compared {
  operation: string;
  rowsSmall: number;
  rowsLarge: number;
}

export interface ScaleFigures {
  jobs: { small: number; large: number };
  /** What callers wait for. */
  calls: CallFigure[];
  /** What the object itself takes. */
  operations: ScaleFigure[];
  /** That a job of two steps adds, which the engine ran to its end. */
  bytesPerJob: number;
  /** The same of one that came with an idempotency key. */
  bytesPerKeyedJob: number;
  /** Of the whole large database, divided by its jobs. */
  bytesPerCopy: number;
  texts: TextFigures;
}

/** With TEXT_SEARCH on. */
export interface TextFigures extends TextIndex {
  calls: CallFigure[];
}

/** As it was when the index was made. */
export interface TextIndex {
  /** That the index adds to a job. */
  bytesPerText: number;
  /** When nothing else is done. */
  textsPerSecond: number;
}
