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
  /** Asked of an earlier home of the rate: the turns that it gave. */
  surrenderTurns(tenant: string, rate: RateTerms): Promise<TurnsGiven>;
  /** Asked of the home: gives a slot, or says how the job stands in line. Idempotent: a slot is kept, and so is a place in line. */
  takeSlot(tenant: string, request: SlotRequest): Promise<SlotAnswer>;
  /** Asked of the home: the job gives its slot back, or no longer waits for one. */
  giveSlot(tenant: string, place: SlotPlace): Promise<null>;
  lookAtSlots(tenant: string, places: SlotPlace[]): Promise<SlotView[]>;
  /** Asked of an earlier home of the limit: who has a slot. Jobs that wait for one ask the new home. */
  surrenderSlots(tenant: string, key: string): Promise<string[]>;
  /** Asked of the object that has these jobs: which of them still need their slot. Those that waited for one go on. */
  slotsWanted(tenant: string, jobIds: string[]): Promise<boolean[]>;
  /** Asked of the object that has these jobs: cancels them, for a newer one. */
  makeRoom(tenant: string, jobIds: string[]): Promise<null>;
}

/** The objects of tenants. */
export interface JobOwners {
  /** New jobs go to the shards 0 to this - 1. */
  shards: number;
  of: (tenant: string, shard: number) => LimitsApi;
}
