import type { SlotAnswer, SlotRequest, SlotView } from "../../jobs/flow/slot.ts";
import { type RateTerms, type Turn, Turns, type TurnsGiven } from "../../jobs/flow/turns.ts";
import { MAX_RATES, SLOT_LOOK_BATCH, SLOT_LOOK_MS } from "../../limits.ts";
import type { LimitsApi, SlotPlace } from "../api/limit-calls.ts";
import type { RegistryContext } from "../context.ts";
import type { HolderKey, Slots } from "../storage/slot-rows.ts";
import { DoneOnce } from "./done-once.ts";
import type { SlotAsker } from "./slot-asker.ts";

/** Of a limit, among those of all tenants; `giveTurns` reads it. */
const idOf = (tenant: string, key: string): string => JSON.stringify([tenant, key]);

/** The limits whose home this object is, and what other homes ask about its jobs. */
export class LimitHome implements LimitsApi {
  readonly #context: RegistryContext;
  readonly #asker: SlotAsker;
  readonly #turns: Turns;
  /** Limits of which it is known who had a slot, or a turn, before this object became their home. */
  readonly #adopted = new DoneOnce(MAX_RATES);

  /** @param isNew the object has never been open before */
  constructor(context: RegistryContext, asker: SlotAsker, isNew: boolean) {
    this.#context = context;
    this.#asker = asker;
    this.#turns = new Turns(context.now(), isNew);
  }

  get #slots(): Slots {
    return this.#context.tables.slots;
  }

  async takeTurn(tenant: string, holder: string, rate: RateTerms): Promise<number> {
    const own = { ...rate, key: idOf(tenant, rate.key) };
    await this.#adopted.once(`rate ${own.key}`, () => this.#adoptTurns(tenant, own.key, rate));
    const wait = this.#turns.take(holder, own, this.#context.now());
    this.#keepTurns(tenant, rate.key, [holder]);
    return wait;
  }

  /** Turns that were given in an earlier life of the object, and while there were fewer objects, are kept. */
  async #adoptTurns(tenant: string, ownKey: string, rate: RateTerms): Promise<void> {
    const homes = await this.#context.limits.before(rate.key, tenant);
    const given = await Promise.all(homes.map((home) => home.surrenderTurns(tenant, rate)));
    // What was given since is newer than what an earlier home remembers.
    this.#turns.adopt(ownKey, [...given, ...this.#stored(tenant, rate.key)]);
    const holders = given.flatMap(({ turns }) => turns.map(([holder]) => holder));
    this.#keepTurns(tenant, rate.key, holders);
  }

  #stored(tenant: string, key: string): TurnsGiven[] {
    const turns = this.#context.tables.rateTurns.of(tenant, key);
    const last = turns
      .map(([, turn]) => turn)
      .reduce<Turn | undefined>((a, b) => (a && a.at > b.at ? a : b), undefined);
    return last === undefined ? [] : [{ last, turns }];
  }

  /** Stores turns that lie far apart: who has one asks so seldom that it would be forgotten. */
  #keepTurns(tenant: string, key: string, holders: readonly string[]): void {
    const ownKey = idOf(tenant, key);
    const turns = holders.flatMap((holder) => {
      const turn = this.#turns.toKeep(ownKey, holder);
      return turn === undefined ? [] : [{ holder, turn }];
    });
    if (turns.length === 0) return;
    const { store, tables } = this.#context;
    store.transact(() => {
      for (const { holder, turn } of turns) store.ringBy(tables.rateTurns.keep({ tenant, key, holder }, turn));
    });
  }

  async giveTurns(tenant: string, key: string | null, jobId: string): Promise<null> {
    const own = key === null ? null : idOf(tenant, key);
    if (key !== null && own !== null) this.#turns.adopt(own, this.#stored(tenant, key));
    const given = this.#turns.giveBack(own, `${jobId}-`, this.#context.now());
    if (given.length === 0) return null;
    const { store, tables } = this.#context;
    store.transact(() => {
      for (const turn of given) {
        const [owner, name] = JSON.parse(turn.key) as [string, string];
        tables.rateTurns.drop({ tenant: owner, key: name, holder: turn.holder });
      }
    });
    return null;
  }

  async surrenderTurns(tenant: string, rate: RateTerms): Promise<TurnsGiven> {
    const key = idOf(tenant, rate.key);
    this.#turns.adopt(key, this.#stored(tenant, rate.key));
    return this.#turns.surrender({ ...rate, key });
  }

  async takeSlot(tenant: string, request: SlotRequest): Promise<SlotAnswer> {
    const id = idOf(tenant, request.key);
    await this.#adopted.once(`slots ${id}`, () => this.#adoptSlots(tenant, request.key));
    return this.#context.store.transact(() => this.#take(tenant, request));
  }

  #take(tenant: string, request: SlotRequest): SlotAnswer {
    const { key, holder, limit, when_full } = request;
    if (this.#slots.isHeld(tenant, key, holder)) return { do: "held" };
    const running = this.#slots.running(tenant, key);
    if (running < limit && this.#slots.first(tenant, key) === undefined) {
      this.#hold(tenant, key, holder);
      return { do: "held" };
    }
    if (when_full === "skip" && running >= limit) return { do: "skip", running };
    this.#slots.wait(tenant, request);
    this.#tell(tenant, key, this.#promote(tenant, key));
    if (this.#slots.isHeld(tenant, key, holder)) return { do: "held" };
    return { do: "wait", cancel: when_full === "cancel_running" ? this.#older(tenant, request) : [] };
  }

  /** Those that are to make room for the job, which is newer: the oldest first. */
  #older(tenant: string, { key, holder, since, limit }: SlotRequest): string[] {
    const others = [...this.#slots.holders(tenant, key), ...this.#slots.waiters(tenant, key)];
    const ids = others.flatMap((other) => (other.holder < holder || other.since < since ? [other.holder] : [])).sort();
    return ids.filter((id) => id !== holder).slice(0, Math.max(ids.length - (limit - 1), 0));
  }

  #hold(tenant: string, key: string, holder: string): void {
    const now = this.#context.now();
    this.#slots.hold(tenant, key, holder, now);
    this.#context.store.ringBy(now + SLOT_LOOK_MS);
  }

  /** Gives free slots to those who wait. @returns who has one now */
  #promote(tenant: string, key: string): string[] {
    const promoted: string[] = [];
    for (;;) {
      const first = this.#slots.first(tenant, key);
      if (first === undefined || this.#slots.running(tenant, key) >= first.most) return promoted;
      this.#slots.leave(tenant, key, first);
      this.#hold(tenant, key, first.holder);
      promoted.push(first.holder);
    }
  }

  /**
   * May be called inside a transaction. A job that never hears of its slot asks for it, or is asked by the alarm; what one
   * that has settled did not give back goes on at once.
   */
  #tell(tenant: string, key: string, holders: readonly string[]): void {
    if (holders.length === 0) return;
    const tell = async () => {
      await null;
      await this.#giveUnwanted(tenant, new Map(holders.map((holder) => [holder, [key]])));
    };
    this.#context.background(tell().catch(() => undefined));
  }

  async giveSlot(tenant: string, place: SlotPlace): Promise<null> {
    const { key, holder } = place;
    this.#context.store.transact(() => {
      this.#slots.give(tenant, key, holder);
      this.#slots.leave(tenant, key, place);
      this.#tell(tenant, key, this.#promote(tenant, key));
    });
    return null;
  }

  async lookAtSlots(tenant: string, places: SlotPlace[]): Promise<SlotView[]> {
    return places.map((place) => {
      const ahead = this.#slots.ahead(tenant, place.key, place);
      const running = this.#slots.running(tenant, place.key);
      return { running, position: ahead === undefined ? null : ahead + 1 };
    });
  }

  async surrenderSlots(tenant: string, key: string): Promise<string[]> {
    return this.#context.store.transact(() => {
      this.#slots.leaveAll(tenant, key);
      return this.#slots.holders(tenant, key).map(({ holder }) => holder);
    });
  }

  /** Who got a slot while there were fewer objects has it still. */
  async #adoptSlots(tenant: string, key: string): Promise<void> {
    const homes = await this.#context.limits.before(key, tenant);
    const held = await Promise.all(homes.map((home) => home.surrenderSlots(tenant, key)));
    this.#context.store.transact(() => {
      for (const holder of held.flat()) this.#hold(tenant, key, holder);
    });
  }

  slotsWanted(tenant: string, jobIds: string[]): Promise<boolean[]> {
    return this.#asker.wanted(tenant, jobIds);
  }

  makeRoom(tenant: string, jobIds: string[]): Promise<null> {
    return this.#asker.makeRoom(tenant, jobIds);
  }

  /** The alarm's: asks after slots that are held for long, so that none is lost with its job. */
  async onAlarm(now: number): Promise<void> {
    const due = this.#slots.firstDue();
    if (due === undefined || due > now) return;
    this.#slots.looked(now);
    let after: HolderKey = { tenant: "", key: "", holder: "" };
    for (;;) {
      const held = this.#slots.heldSince(now - SLOT_LOOK_MS, after, SLOT_LOOK_BATCH);
      for (const [tenant, holders] of Map.groupBy(held, (each) => each.tenant)) await this.#look(tenant, holders);
      const last = held.at(-1);
      if (last === undefined || held.length < SLOT_LOOK_BATCH) return;
      after = last;
    }
  }

  async #look(tenant: string, held: readonly HolderKey[]): Promise<void> {
    const byHolder = Map.groupBy(held, ({ holder }) => holder);
    const keys = new Map([...byHolder].map(([holder, of]) => [holder, of.map(({ key }) => key)]));
    // An object that does not answer is asked at the next alarm.
    await this.#giveUnwanted(tenant, keys).catch(() => undefined);
  }

  /** Takes slots away from jobs that need them no more, as their owners say. @param keys by job */
  async #giveUnwanted(tenant: string, keys: ReadonlyMap<string, readonly string[]>): Promise<void> {
    await this.#context.limits.eachOwner(tenant, [...keys.keys()], async (owner, ids) => {
      const wanted = await owner.slotsWanted(tenant, ids);
      for (const holder of ids.filter((_, i) => wanted[i] === false)) {
        for (const key of keys.get(holder) ?? []) await this.giveSlot(tenant, { key, holder, rank: 0, since: 0 });
      }
    });
  }
}
