import { afterEach, describe, expect, it, vi } from "vitest";
import { ID_ENTROPY_BYTES, newJobId } from "../../../src/jobs/id.ts";
import { aListQuery, type Bench, CALLER, inRegistry, START, statusOf } from "../bench.ts";

/** Ids that begin alike have the same number: only their last random character and the shard differ. */
const idOf = (last: number, shard = 0) => newJobId(START, new Uint8Array(ID_ENTROPY_BYTES).with(0, 8 * last), shard);

/** The next ids are made of zeros and these last characters. */
function draw(...lasts: number[]): void {
  const spy = vi.spyOn(crypto, "getRandomValues");
  for (const last of lasts) {
    spy.mockImplementationOnce((bytes) => {
      (bytes as unknown as Uint8Array)[0] = 8 * last;
      return bytes;
    });
  }
}

afterEach(() => vi.restoreAllMocks());

const listed = async ({ caller }: Bench, after: string | null = null) =>
  (await caller.list(CALLER, aListQuery({ after }))).jobs.map((job) => job.id);

describe("a job whose id begins as another one's", () => {
  it("gets another id when it is made in the same millisecond, and both are kept", () =>
    inRegistry(async (bench) => {
      draw(1, 2, 3);
      const { id: first } = await bench.submit({ name: "first" });
      const { id: second } = await bench.submit({ name: "second" });
      expect(first).toBe(idOf(1));
      expect(second).not.toContain(first.slice(0, 18));
      expect((await statusOf(bench, first)).name).toBe("first");
      expect((await statusOf(bench, second)).name).toBe("second");
      expect(await listed(bench)).toHaveLength(2);
    }));

  it("is not taken for it by any call", () =>
    inRegistry(async (bench) => {
      draw(2);
      const { id } = await bench.submit();
      for (const other of [idOf(1), idOf(3)]) {
        const unknown = { ok: false, error: { code: "unknown_job" } };
        expect(await bench.caller.status(CALLER, other, { steps: false, events: false })).toEqual(unknown);
        expect(await bench.caller.cancel(CALLER, other, null)).toEqual(unknown);
        expect(await bench.caller.remove(CALLER, other)).toEqual(unknown);
        expect(await bench.runner.start(bench.ref(other))).toEqual({ do: "stop" });
      }
      expect((await statusOf(bench, id)).status).toBe("queued");
    }));

  it("is a page's last one in another shard, and the next page has exactly what is older", () =>
    inRegistry(async (bench) => {
      draw(2);
      const { id } = await bench.submit();
      expect(await listed(bench, idOf(1, 1))).toEqual([]);
      expect(await listed(bench, idOf(2, 1))).toEqual([id]);
      expect(await listed(bench, idOf(3, 1))).toEqual([id]);
    }));
});

describe("the first job that a millisecond can have", () => {
  it("is listed from that millisecond on, and not before it", () =>
    inRegistry(async (bench) => {
      draw(0);
      const { id } = await bench.submit();
      const between = async (submitted_after: number, submitted_before: number) =>
        (await bench.caller.list(CALLER, aListQuery({ submitted_after, submitted_before }))).jobs.map((job) => job.id);
      expect(await between(START - 1, START + 1)).toEqual([id]);
      expect(await between(START, START + 1)).toEqual([]);
      expect(await between(START - 1, START)).toEqual([]);
    }));

  it("gets its place in the line", () =>
    inRegistry(
      async (bench) => {
        const { id: ahead } = await bench.submit();
        bench.clock.now = START + 1;
        draw(0);
        const { id } = await bench.submit();
        expect(bench.engine.started).toHaveLength(1);
        await bench.caller.cancel(CALLER, ahead, null);
        await bench.settleBackground();
        expect(bench.engine.started.map(({ job_id }) => job_id)).toEqual([ahead, id]);
      },
      { runningJobs: 1 },
    ));
});
