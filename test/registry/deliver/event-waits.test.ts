import { describe, expect, it } from "vitest";
import type { EventRecord } from "../../../src/events/event.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { EVENT_WAIT_LOOK_MS, EVENT_WAITS_AT_ONCE, EVENTS_LOOKED_AT } from "../../../src/limits.ts";
import type { EventQuery } from "../../../src/registry/api/event-calls.ts";
import type { Siblings } from "../../../src/registry/fire/siblings.ts";
import { rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { type Bench, CALLER, inRegistry, START } from "../bench.ts";

/** The other shards of the tenant: what happened in each, and whom each tells. */
class Others {
  readonly logs: EventRecord[][] = [[], [], [], []];
  readonly told: number[] = [];
  /** Before a shard answers what it has. */
  beforeRead: (shard: number) => Promise<void> = async () => undefined;
  count = 0;

  emit(shard: number, n: number, at = START): void {
    this.count += 1;
    const event = { event_id: `evt_${this.count}`, name: "order.paid", at, data: { n, shard } };
    this.logs[shard]?.push(event);
  }

  async read(shard: number, { after, names, limit }: EventQuery) {
    await this.beforeRead(shard);
    const log = this.logs[shard] ?? [];
    const from = after ?? log.length;
    const wanted = log
      .map((event, i) => ({ position: i + 1, event }))
      .filter(({ position, event }) => position > from && (names?.includes(event.name) ?? true));
    const events = wanted.slice(0, limit);
    const has_more = wanted.length > limit;
    return { events, position: has_more ? (events.at(-1)?.position ?? from) : log.length, has_more, truncated: false };
  }

  /** Of shard 0. */
  port(shards: number): Siblings {
    return {
      ...{ shard: 0, shards },
      keepCopy: async () => undefined,
      dropCopy: async () => undefined,
      addSubscriber: async (shard) => {
        this.told.push(shard);
      },
      readEvents: (shard, query) => this.read(shard, query),
      wakeShard: async () => 0,
    };
  }
}

async function among(shards: number, test: (bench: Bench, others: Others, port: Siblings) => Promise<void>) {
  const others = new Others();
  const port = others.port(shards);
  await inRegistry((bench) => test(bench, others, port), {}, undefined, port);
}

async function running(bench: Bench): Promise<string> {
  const { id } = await bench.submit();
  await bench.runner.start(bench.ref(id));
  return id;
}

/** The step `first` of the job waits. */
async function waits(bench: Bench, id: string, when: string | null = null, input: JsonObject = {}): Promise<void> {
  const scope = { input, steps: {}, job: { id, attempt: 1, submitted_at: "" }, now: START };
  const request = { request_id: "first", name: "order.paid", when, scope, timeout_ms: 30 * 86_400_000, fallback: null };
  expect(await bench.runner.awaitEvent(bench.ref(id), "first", request, [])).toMatchObject({ do: "wait" });
  await bench.settleBackground();
}

const wake = async (bench: Bench) => {
  const count = await bench.subscriptions.wakeSubscriptions();
  await bench.settleBackground();
  return count;
};

async function contentOf(bench: Bench, id: string) {
  const outcome = await bench.runner.collect(bench.ref(id), "first");
  return outcome.do === "done" ? (outcome.output as { content: JsonObject }).content : outcome.do;
}

describe("a step that an event answers", () => {
  it("is answered by the first that fits of whichever shard, once it is told", () =>
    among(4, async (bench, others) => {
      others.emit(2, 0);
      const [a, b] = [await running(bench), await running(bench)];
      await waits(bench, a, "{% $event.data.n = $input.n %}", { n: 2 });
      await waits(bench, b);
      expect([...new Set(others.told)].sort()).toEqual([1, 2, 3]);
      others.emit(3, 2, START + 2);
      others.emit(1, 1, START + 1);
      expect([await contentOf(bench, a), await contentOf(bench, b)]).toEqual(["wait", "wait"]);
      expect(await wake(bench)).toBe(2);
      expect(await contentOf(bench, a)).toEqual({ n: 2, shard: 3 });
      expect(await contentOf(bench, b)).toEqual({ n: 1, shard: 1 });
      expect(await wake(bench)).toBe(0);
    }));

  it("tells each shard once, while it lives, whom to tell", () =>
    among(4, async (bench, others) => {
      for (let i = 0; i < 2; i++) await waits(bench, await running(bench));
      expect(others.told.sort()).toEqual([1, 2, 3]);
    }));

  it("finds by the alarm what nobody told it of, in a new process at once", () =>
    among(2, async (bench, others) => {
      const [a, b] = [await running(bench), await running(bench)];
      await waits(bench, a, "{% $event.data.n = 1 %}");
      await waits(bench, b, "{% $event.data.n = 2 %}");
      others.emit(1, 1);
      bench.clock.now += EVENT_WAIT_LOOK_MS;
      await bench.reconciler.onAlarm();
      expect(await contentOf(bench, a)).toEqual({ n: 1, shard: 1 });
      others.emit(1, 2);
      const again = await bench.reopen();
      bench.clock.now += 1_000;
      await again.reconciler.onAlarm();
      await bench.settleBackground();
      expect(await contentOf({ ...bench, ...again }, b)).toEqual({ n: 2, shard: 1 });
    }));

  it("finds what happens in shards that are added while it waits", () =>
    among(2, async (bench, others, port) => {
      const id = await running(bench);
      await waits(bench, id);
      port.shards = 4;
      const again = await bench.reopen();
      others.emit(3, 7);
      await again.subscriptions.wakeSubscriptions();
      await bench.settleBackground();
      expect(await contentOf({ ...bench, ...again }, id)).toEqual({ n: 7, shard: 3 });
    }));

  it("misses nothing that happens while the shards are read for another step", () =>
    among(2, async (bench, others) => {
      const [a, b] = [await running(bench), await running(bench)];
      await waits(bench, a, "{% $event.data.n = 9 %}");
      let isOpening = false;
      others.beforeRead = async () => {
        if (isOpening) return;
        isOpening = true;
        // It begins to wait for something else, which happens before this read is answered.
        const scope = { input: {}, steps: {}, job: { id: b, attempt: 1, submitted_at: "" }, now: START };
        const request = {
          request_id: "first",
          name: "order.sent",
          when: null,
          scope,
          timeout_ms: 9_000,
          fallback: null,
        };
        await bench.runner.awaitEvent(bench.ref(b), "first", request, []);
        others.logs[1]?.push({ event_id: "evt_sent", name: "order.sent", at: START, data: { sent: true } });
      };
      await wake(bench);
      expect(isOpening).toBe(true);
      expect(await contentOf(bench, b)).toEqual({ sent: true });
    }));

  it("is found behind more events, and among more steps, than are looked at together", () =>
    among(2, async (bench, others) => {
      const ids: string[] = [];
      for (let n = 0; n <= EVENT_WAITS_AT_ONCE; n++) {
        const id = await running(bench);
        ids.push(id);
        await waits(bench, id, "{% $event.data.n = $input.n %}", { n: n === 0 ? 0 : 1 });
      }
      for (let i = 0; i <= EVENTS_LOOKED_AT; i++) others.emit(1, 5);
      others.emit(1, 1);
      await wake(bench);
      const contents = await Promise.all(ids.map((id) => contentOf(bench, id)));
      expect(contents[0]).toBe("wait");
      expect(contents.slice(1)).toEqual(Array.from({ length: EVENT_WAITS_AT_ONCE }, () => ({ n: 1, shard: 1 })));
    }));

  it("costs 2 rows more than a question when it opens, and of an event that does not fit only that the alarm is set", () =>
    among(1, async (bench) => {
      const [first, id] = [await running(bench), await running(bench)];
      await waits(bench, first, "{% false %}");
      const opening = await rowsOf(bench.storage, () => waits(bench, id, "{% $event.data.n = 1 %}"));
      const tell = (n: number) =>
        rowsOf(bench.storage, async () => {
          const told = { job_id: "other", key: `n ${n}`, name: "order.paid", data: { n } };
          await bench.events.emitEvent(CALLER, told);
          await bench.settleBackground();
        });
      await tell(0);
      const [other, answer] = [await tell(2), await tell(1)];
      expect({ opening: opening.written, other: other.written, answer: answer.written }).toEqual({
        opening: 3,
        other: 2,
        answer: 4,
      });
    }));
});
