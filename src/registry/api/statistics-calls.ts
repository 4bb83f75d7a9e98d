import type { Grouping, LimitUse, Statistics } from "../../jobs/statistics.ts";
import type { Caller } from "./caller.ts";

export interface QueueDepth {
  queue: string;
  /** Steps that nobody has claimed. */
  open: number;
  leased: number;
  /** Epoch ms at which the first of those that are open was offered. */
  oldest: number | null;
  /** Names of the workers that hold a lease. */
  workers: string[];
}

export interface ShardStatistics extends Statistics {
  /** There are more jobs in the period than were looked at. */
  truncated: boolean;
  /** Epoch ms at which the first job was submitted that is still queued. */
  oldest_queued: number | null;
  queues: QueueDepth[];
  limits: LimitUse[];
}

export interface StatisticsApi {
  /** Of the newest jobs since then. @param since epoch ms */
  statistics(caller: Caller, since: number, grouping: Grouping | null): Promise<ShardStatistics>;
}
