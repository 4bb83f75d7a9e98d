import type { SlotAnswer, SlotRequest, SlotView } from "../../jobs/flow/slot.ts";
import type { RateTerms, TurnsGiven } from "../../jobs/flow/turns.ts";

/** Of who has a slot, or waits for one. */
export type SlotPlace = Pick<SlotRequest, "key" | "holder" | "rank" | "since">;

/** What objects of a tenant ask each other about limits, over the object binding only. */
export interface LimitsApi {
  /**
   * Of the home: a turn of a rate. @param holder one try: asked again, it has the same turn as long as that is not over
   * @returns ms until the turn
   */
  takeTurn(tenant: string, holder: string, rate: RateTerms): Promise<number>;
  /**
   * Of the home: the job does nothing more, so that others get the turns that it had before it.
   * @param key null: of all rates that have their home here
   */
  giveTurns(tenant: string, key: string | null, jobId: string): Promise<null>;
  /** Of a home that is none any more: the turns that it gave. */
  surrenderTurns(tenant: string, rate: RateTerms): Promise<TurnsGiven>;
  /** Of the home: a slot, or how it stands. Asked again, who has one has it, and who waits waits where it did. */
  takeSlot(tenant: string, request: SlotRequest): Promise<SlotAnswer>;
  /** Of the home: the job needs it no more, nor waits for it. */
  giveSlot(tenant: string, place: SlotPlace): Promise<null>;
  lookAtSlots(tenant: string, places: SlotPlace[]): Promise<SlotView[]>;
  /** Of a home that is none any more: who has a slot. Those who wait ask the new one. */
  surrenderSlots(tenant: string, key: string): Promise<string[]>;
  /** Of the object that has these jobs: which of them need their slot. Those that wait for it go on. */
  slotsWanted(tenant: string, jobIds: string[]): Promise<boolean[]>;
  /** Of the same: cancels the jobs, for a newer one. */
  makeRoom(tenant: string, jobIds: string[]): Promise<null>;
}

/** The objects of tenants. */
export interface JobOwners {
  /** New jobs go to the shards 0 to this - 1. */
  shards: number;
  of: (tenant: string, shard: number) => LimitsApi;
}
