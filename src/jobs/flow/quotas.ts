/** What a tenant may use of one shard; 0: no limit. */
export interface Quotas {
  /** Jobs that have not settled. */
  activeJobs: number;
  /** Jobs that were handed to the engine and have not settled; sleeping and asking ones too, but not those that wait for a child. */
  runningJobs: number;
  /** Children too. */
  submitsPerMinute: number;
  /** Tries of steps that act, blueprint/acting.ts, but those of a job that cleans up. */
  requestsPerMinute: number;
  /** Of parents and children together. */
  treeJobs: number;
  /** Events that are kept, besides {@link EVENT_KEPT_MS}. */
  eventsKept: number;
  /** Deliveries to one webhook. */
  hooksPerMinute: number;
  /** Of the object's database. */
  storedBytes: number;
}
