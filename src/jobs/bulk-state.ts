/** What a bulk job keeps of itself. */

export const BULK_ACTIONS = ["cancel", "retry", "delete"] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

/** PERSISTED since 0.2.0. How far it has come. */
export interface BulkState {
  action: BulkAction;
  /** Jobs that it was to be done to when it began. */
  matched: number;
  done: number;
  /** Jobs to which it could not be done, by the code of why. */
  passed_over: Record<string, number>;
  /** Jobs from this id up have been looked at; null: none has. */
  cursor: string | null;
}
