/**
 * One step of the schema's history. Times are epoch ms, durations ms. CHECK lists are literal on purpose: they are
 * history.
 */
export interface Migration {
  /** As the object stores it: never renamed. */
  id: string;
  sql: string;
}
