import { describe, expect, it } from "vitest";
import { rowsOf } from "../../../tooling/workerd/row-meter.ts";
import { type Bench, CALLER, inRegistry, START } from "../bench.ts";
import { aTrigger, DAY, everyMinute, finish, HOUR, jobsOf, ledger, MINUTE, PLAN, ring, save } from "./trigger-bench.ts";

const at = (ms: number): string => new Date(START + ms).toISOString();

describe("a schedule", () => {
  it("starts one job at each time, which says so", () =>
    inRegistry(async (bench) => {
      const { next_runs, version } = await save(bench, aTrigger({ metadata: { team: "a" } }));
      expect(version).toBe(1);
      expect(next_runs).toEqual([START, START + MINUTE, START + 2 * MINUTE]);
      await ring(bench);
      await ring(bench, 30_000);
      const [job, ...more] = await jobsOf(bench);
      expect(more).toEqual([]);
      expect(job).toMatchObject({
        trigger: "report",
        submitted_by: "trigger:report",
        blueprint: "report@1",
        metadata: { team: "a" },
      });
      await finish(bench, job?.id ?? "");
      await ring(bench, 30_000);
      expect(await ledger(bench)).toEqual([`ran ${at(0)}`, `ran ${at(MINUTE)}`]);
    }));

  it("has its job under a key of its own, so that no time makes two", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger());
      await ring(bench);
      const [job] = await jobsOf(bench);
      const key = { key: `trigger:report:${at(0)}`, request_hash: PLAN.plan_hash };
      expect(await bench.caller.findKey(CALLER, key)).toMatchObject({ value: { id: job?.id, deduplicated: true } });
      const fired = await bench.caller.fireTrigger(CALLER, "report", { now: false, span: { from: START, to: START } });
      expect(fired).toMatchObject({ ok: true, value: [{ job_id: job?.id, deduplicated: true, outcome: "ran" }] });
      expect(await jobsOf(bench)).toHaveLength(1);
    }));

  it("that was asked to run ahead of a time tells of it once", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger());
      await bench.caller.fireTrigger(CALLER, "report", { now: false, span: { from: START, to: START } });
      await ring(bench);
      expect(await ledger(bench)).toEqual([`ran ${at(0)}`]);
      expect(await jobsOf(bench)).toHaveLength(1);
    }));

  it.each([
    ["last", [`missed ${at(0)} to ${at(4 * MINUTE)}: 5`, `ran ${at(5 * MINUTE)}`]],
    ["none", [`missed ${at(0)} to ${at(3 * MINUTE)}: 4`, `ran ${at(4 * MINUTE)}`, `ran ${at(5 * MINUTE)}`]],
    ["all", [0, 1, 2, 3, 4, 5].map((i) => `ran ${at(i * MINUTE)}`)],
  ] as const)("that was away does with what was missed as it says: %s", (missed, expected) =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger({ schedule: everyMinute({ missed, overlap: "allow" }) }));
      await ring(bench, 5 * MINUTE);
      expect(await ledger(bench)).toEqual(expected);
      expect(await jobsOf(bench)).toHaveLength(expected.filter((line) => line.startsWith("ran")).length);
    }),
  );

  it("after a year asleep has an entry for all of it", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger());
      await ring(bench, 365 * DAY);
      expect(await ledger(bench)).toEqual([
        `missed ${at(0)} to ${at(365 * DAY - MINUTE)}: ${365 * 24 * 60}`,
        `ran ${at(365 * DAY)}`,
      ]);
    }));

  it("runs what was missed within its catch_up, and no older time", () =>
    inRegistry(async (bench) => {
      await save(
        bench,
        aTrigger({ schedule: everyMinute({ missed: "all", catch_up: "2 minutes", overlap: "allow" }) }),
      );
      await ring(bench, 5 * MINUTE);
      const ran = [3, 4, 5].map((i) => `ran ${at(i * MINUTE)}`);
      expect(await ledger(bench)).toEqual([`missed ${at(0)} to ${at(2 * MINUTE)}: 3`, ...ran]);
    }));

  it("with a jitter runs as much later each time, under the time that was due", () =>
    inRegistry(async (bench) => {
      const { next_runs } = await save(
        bench,
        aTrigger({ schedule: everyMinute({ jitter: "50 seconds", overlap: "allow" }) }),
      );
      const lateBy = (next_runs[0] ?? 0) - START;
      expect(lateBy).toBeLessThan(50_000);
      expect(next_runs).toEqual([0, 1, 2].map((i) => START + i * MINUTE + lateBy));
      for (let i = 0; i < 3; i++) await ring(bench, i === 0 ? lateBy : MINUTE);
      expect(await ledger(bench)).toEqual([0, 1, 2].map((i) => `ran ${at(i * MINUTE)}`));
      await ring(bench, MINUTE - 1);
      expect(await ledger(bench)).toHaveLength(3);
    }));

  it("ends with its last run, and when it is over", () =>
    inRegistry(async (bench) => {
      const twice = await save(bench, aTrigger({ schedule: everyMinute({ max_runs: 2, overlap: "allow" }) }));
      expect(twice.next_runs).toEqual([START, START + MINUTE]);
      await save(bench, aTrigger({ name: "until", schedule: everyMinute({ ends_at: at(MINUTE), overlap: "allow" }) }));
      for (let i = 0; i < 5; i++) await ring(bench, i === 0 ? 0 : MINUTE);
      expect(await ledger(bench)).toEqual([`ran ${at(0)}`, `ran ${at(MINUTE)}`]);
      expect(await ledger(bench, "until")).toEqual([`ran ${at(0)}`, `ran ${at(MINUTE)}`]);
      expect((await bench.caller.findTrigger(CALLER, "report"))?.next_runs).toEqual([]);
    }));

  it("says of what was due by its last run that it is over", () =>
    inRegistry(async (bench) => {
      const overdue = (name: string, max_runs: number, overlap: "allow" | "queue") =>
        save(bench, aTrigger({ name, schedule: everyMinute({ missed: "all", max_runs, overlap }) }));
      await overdue("all", 2, "allow");
      await overdue("queued", 2, "queue");
      await overdue("saved", 1, "allow");
      await overdue("by-hand", 1, "allow");
      bench.clock.now += 4 * MINUTE;
      await bench.caller.fireTrigger(CALLER, "by-hand", { now: true, span: null });
      await bench.caller.fireTrigger(CALLER, "saved", { now: true, span: null });
      await save(
        bench,
        aTrigger({ name: "saved", note: "n", schedule: everyMinute({ missed: "all", max_runs: 1, overlap: "allow" }) }),
      );
      await ring(bench);
      for (const { id } of await jobsOf(bench, "queued")) await finish(bench, id);
      await ring(bench, 2 * MINUTE);
      const timed = async (name: string) => (await ledger(bench, name)).filter((line) => !line.includes("by-hand"));
      const ran = (n: number) => `ran ${at(n * MINUTE)}`;
      const over = (from: number, to: number) => `missed ${at(from * MINUTE)} to ${at(to * MINUTE)}: ${to - from + 1}`;
      expect(await timed("all")).toEqual([ran(0), ran(1), over(2, 4)]);
      expect(await timed("by-hand")).toEqual([over(0, 4)]);
      expect(await timed("saved")).toEqual([over(0, 4)]);
      const skipped = [2, 3, 4].map((n) => `skipped ${at(n * MINUTE)}`);
      expect(await timed("queued")).toEqual([ran(0), ...skipped, ran(1), over(5, 6)]);
      expect((await bench.caller.findTrigger(CALLER, "queued"))?.next_runs).toEqual([]);
    }));

  it("ends with its last run by hand too, and says so of what was due or waits", () =>
    inRegistry(async (bench) => {
      const byHand = (name: string) => bench.caller.fireTrigger(CALLER, name, { now: true, span: null });
      const untold = async (name: string) => (await ledger(bench, name)).filter((line) => !line.includes("by-hand"));
      const runsOf = async (name: string) => (await bench.caller.findTrigger(CALLER, name))?.runs;
      const twice = { max_runs: 2, overlap: "queue" } as const;
      for (const name of ["ahead", "due", "waits"]) {
        await save(bench, aTrigger({ name, schedule: everyMinute(twice) }));
      }
      await ring(bench);
      await byHand("ahead");
      expect((await bench.caller.findTrigger(CALLER, "ahead"))?.next_runs).toEqual([]);
      bench.clock.now += MINUTE;
      await byHand("due");
      await ring(bench);
      expect(await untold("waits")).toEqual([`ran ${at(0)}`, `queued ${at(MINUTE)}`]);
      await byHand("waits");
      for (const name of ["ahead", "due", "waits"]) {
        for (const { id } of await jobsOf(bench, name)) await finish(bench, id);
      }
      for (let i = 0; i < 3; i++) await ring(bench, MINUTE);
      expect(await untold("ahead")).toEqual([`ran ${at(0)}`]);
      expect(await untold("due")).toEqual([`ran ${at(0)}`, `missed ${at(MINUTE)} to ${at(MINUTE)}: 1`]);
      expect(await untold("waits")).toEqual([`ran ${at(0)}`, `skipped ${at(MINUTE)}`]);
      expect([await runsOf("ahead"), await runsOf("due"), await runsOf("waits")]).toEqual([2, 2, 2]);
    }));

  it("whose clock goes back a day runs nothing a second time, and nothing that it skips goes untold", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger({ schedule: everyMinute({ cron: "0 * * * *", overlap: "allow" }) }));
      await ring(bench);
      await ring(bench, DAY);
      const before = await ledger(bench);
      await ring(bench, -DAY);
      for (let hour = 0; hour < 24; hour++) await ring(bench, HOUR);
      expect(await ledger(bench)).toEqual(before);
      await ring(bench, HOUR);
      expect(await ledger(bench)).toEqual([...before, `ran ${at(DAY + HOUR)}`]);
      expect(before).toEqual([`ran ${at(0)}`, `missed ${at(HOUR)} to ${at(23 * HOUR)}: 23`, `ran ${at(DAY)}`]);
    }));

  it("that is paused and resumed at the very time that is due tells of it once", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger());
      await save(bench, aTrigger({ paused: true }));
      await save(bench, aTrigger());
      await ring(bench);
      await ring(bench, MINUTE);
      expect(await ledger(bench)).toEqual([`paused ${at(0)} to ${at(0)}: 1`, `ran ${at(MINUTE)}`]);
    }));

  it("that gets a jitter goes on behind what has run", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger({ schedule: everyMinute({ overlap: "allow" }) }));
      for (let i = 0; i < 3; i++) await ring(bench, i === 0 ? 0 : MINUTE);
      const late = everyMinute({ overlap: "allow", jitter: "1 day" });
      const { next_runs } = await save(bench, aTrigger({ schedule: late }));
      expect(next_runs[0]).toBeGreaterThan(bench.clock.now);
      await ring(bench, (next_runs[0] ?? 0) - bench.clock.now);
      expect(await ledger(bench)).toEqual([0, 1, 2, 3].map((i) => `ran ${at(i * MINUTE)}`));
    }));

  it("is rung by a new object after the one before has lost its alarm", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger());
      await bench.storage.deleteAlarm();
      const again = await bench.reopen();
      expect(await bench.storage.getAlarm()).toBeLessThanOrEqual(START + 1);
      bench.clock.now += 1;
      await again.reconciler.onAlarm();
      expect(await ledger(bench)).toEqual([`ran ${at(0)}`]);
    }));
});

describe("a time at which the job before still runs", () => {
  const withOverlap = (overlap: "skip" | "queue" | "allow" | "cancel") =>
    aTrigger({ schedule: everyMinute({ overlap }) });

  async function threeTimes(bench: Bench, overlap: Parameters<typeof withOverlap>[0]) {
    await save(bench, withOverlap(overlap));
    await ring(bench);
    await ring(bench, MINUTE);
    await ring(bench, MINUTE);
    return jobsOf(bench);
  }

  it("is skipped, and says why", () =>
    inRegistry(async (bench) => {
      const [job, ...more] = await threeTimes(bench, "skip");
      expect(more).toEqual([]);
      expect(await ledger(bench)).toEqual([`ran ${at(0)}`, `skipped ${at(MINUTE)}`, `skipped ${at(2 * MINUTE)}`]);
      await finish(bench, job?.id ?? "");
      await ring(bench, MINUTE);
      expect((await ledger(bench)).at(-1)).toBe(`ran ${at(3 * MINUTE)}`);
    }));

  it("is queued, one of them, and runs once that job is over", () =>
    inRegistry(async (bench) => {
      const [job] = await threeTimes(bench, "queue");
      expect(await ledger(bench)).toEqual([`ran ${at(0)}`, `skipped ${at(2 * MINUTE)}`, `queued ${at(MINUTE)}`]);
      await finish(bench, job?.id ?? "");
      await ring(bench, 1);
      expect(await ledger(bench)).toEqual([`ran ${at(0)}`, `skipped ${at(2 * MINUTE)}`, `ran ${at(MINUTE)}`]);
      expect(await jobsOf(bench)).toHaveLength(2);
    }));

  it("waits no more once it was run by hand, also when that job is gone", () =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger({ schedule: everyMinute({ overlap: "queue" }) }));
      await ring(bench);
      await ring(bench, MINUTE);
      const span = { from: START + MINUTE, to: START + MINUTE };
      await bench.caller.fireTrigger(CALLER, "report", { now: false, span });
      for (const { id } of await jobsOf(bench)) {
        await finish(bench, id);
        await bench.caller.remove(CALLER, id);
      }
      await ring(bench);
      expect(await ledger(bench)).toEqual([`ran ${at(0)}`, `ran ${at(MINUTE)}`]);
      expect(await jobsOf(bench)).toEqual([]);
    }));

  it("waits between two spans that were missed, which are not told as one", () =>
    inRegistry(async (bench) => {
      await save(bench, withOverlap("queue"));
      await ring(bench);
      await ring(bench, 5 * MINUTE);
      await ring(bench, 5 * MINUTE);
      expect(await ledger(bench)).toEqual([
        `ran ${at(0)}`,
        `missed ${at(MINUTE)} to ${at(4 * MINUTE)}: 4`,
        `missed ${at(6 * MINUTE)} to ${at(9 * MINUTE)}: 4`,
        `skipped ${at(10 * MINUTE)}`,
        `queued ${at(5 * MINUTE)}`,
      ]);
    }));

  it("waits while the trigger is paused, and runs once it is resumed", () =>
    inRegistry(async (bench) => {
      const [job] = await threeTimes(bench, "queue");
      await save(bench, { ...withOverlap("queue"), paused: true });
      await finish(bench, job?.id ?? "");
      await ring(bench, 1);
      expect(await jobsOf(bench)).toHaveLength(1);
      expect(await ledger(bench)).toContain(`queued ${at(MINUTE)}`);
      await save(bench, withOverlap("queue"));
      await ring(bench, 1);
      expect(await ledger(bench)).toContain(`ran ${at(MINUTE)}`);
      expect(await jobsOf(bench)).toHaveLength(2);
    }));

  it.each([
    ["another schedule", { schedule: everyMinute({ cron: "0 0 1 1 *" }) }],
    ["none any more", { schedule: undefined, webhook: { verify: null } }],
  ])("is skipped where it waits and the trigger gets %s", (_what, over) =>
    inRegistry(async (bench) => {
      const [job] = await threeTimes(bench, "queue");
      await save(bench, aTrigger(over));
      await finish(bench, job?.id ?? "");
      await ring(bench, 1);
      expect(await ledger(bench)).toEqual([`ran ${at(0)}`, `skipped ${at(2 * MINUTE)}`, `skipped ${at(MINUTE)}`]);
      expect(await jobsOf(bench)).toHaveLength(1);
    }),
  );

  it("runs beside it", () =>
    inRegistry(async (bench) => {
      expect(await threeTimes(bench, "allow")).toHaveLength(3);
    }));

  it("ends it", () =>
    inRegistry(async (bench) => {
      const jobs = await threeTimes(bench, "cancel");
      expect(jobs.map(({ status }) => status)).toEqual(["cancelled", "cancelled", "queued"]);
      expect(jobs[0]?.error).toBe("trigger report was due again");
    }));
});

describe("expressions of a trigger", () => {
  it("see its name and number, the time, and the last result", () =>
    inRegistry(async (bench) => {
      const input = {
        number: "{% $trigger.run %}",
        of: "{% $trigger.name %}",
        due: "{% $due_at %}",
        last: "{% $last.count %}",
      };
      await save(bench, aTrigger({ input, when: "{% $due_at < '2041' %}" }));
      await ring(bench);
      const [first] = await jobsOf(bench);
      const inputOf = async (id = "") => {
        const told = await bench.caller.explain(CALLER, id);
        return told.ok ? told.value.input : undefined;
      };
      expect(await inputOf(first?.id)).toEqual({ number: 1, of: "report", due: at(0) });
      await finish(bench, first?.id ?? "", { count: 7 });
      await ring(bench, MINUTE);
      const [, second] = await jobsOf(bench);
      expect(await inputOf(second?.id)).toEqual({ number: 2, of: "report", due: at(MINUTE), last: 7 });
    }));

  it.each([
    ["filtered", { when: "{% false %}" }, undefined],
    ["refused", { input: { x: "{% $error('broken') %}" } }, "input: x: broken"],
    ["refused", { when: "{% $sum([1..20000]) > 0 %}" }, /evaluations|items/],
    ["refused", { input: "{% 7 %}" }, "input came out as no object"],
  ] as const)("may leave no job: %s", (outcome, over, reason) =>
    inRegistry(async (bench) => {
      await save(bench, aTrigger(over));
      await ring(bench);
      expect(await jobsOf(bench)).toEqual([]);
      const page = await bench.caller.triggerLedger(CALLER, "report", null, 10);
      const [entry] = page.ok ? page.value.entries : [];
      expect(entry).toMatchObject({ outcome, occurrence: at(0) });
      if (reason !== undefined) expect(entry?.reason).toMatch(reason);
    }),
  );
});

describe("limits of the tenant", () => {
  it("a full tenant has the time refused, with the reason", () =>
    inRegistry(
      async (bench) => {
        await bench.submit();
        await save(bench, aTrigger());
        await ring(bench);
        const page = await bench.caller.triggerLedger(CALLER, "report", null, 10);
        expect(page).toMatchObject({
          value: { entries: [{ outcome: "refused", reason: expect.stringMatching(/1 unsettled job,/) }] },
        });
      },
      { activeJobs: 1 },
    ));

  it("over the rate of submits the time stays due, and nothing is written of it", () =>
    inRegistry(
      async (bench) => {
        await bench.submit();
        await save(bench, aTrigger());
        await ring(bench);
        expect(await ledger(bench)).toEqual([]);
        expect(await jobsOf(bench)).toEqual([]);
        await ring(bench, MINUTE);
        expect(await ledger(bench)).toEqual([`missed ${at(0)} to ${at(0)}: 1`, `ran ${at(MINUTE)}`]);
      },
      { submitsPerMinute: 1 },
    ));
});

describe("rows", () => {
  it("of a filtered, a skipped and a refused time are at most three; of one that runs, its job's and two", () =>
    inRegistry(async (bench) => {
      const cost = async (turn: () => Promise<unknown>) => {
        const found: number[] = [];
        for (let i = 0; i < 30; i++) found.push((await rowsOf(bench.storage, turn)).written);
        return found;
      };
      // The alarm is set twice in each ring, whatever is due.
      const ALARM = 2;
      await save(bench, aTrigger({ when: "{% false %}" }));
      await ring(bench);
      const filtered = await cost(() => ring(bench, MINUTE));
      expect(Math.max(...filtered) - ALARM).toBeLessThanOrEqual(3);
      expect(filtered.filter((rows) => rows - ALARM > 2)).toHaveLength(1);
      await save(bench, aTrigger({ when: "{% $error('no') %}" }));
      await ring(bench);
      expect(Math.max(...(await cost(() => ring(bench, MINUTE)))) - ALARM).toBeLessThanOrEqual(3);
      await save(bench, aTrigger({ paused: true }));
      await ring(bench);
      expect(Math.max(...(await cost(() => ring(bench, MINUTE)))) - ALARM).toBeLessThanOrEqual(0);
      await save(bench, aTrigger());
      await ring(bench, MINUTE);
      const ref = bench.ref((await jobsOf(bench))[0]?.id ?? "");
      await bench.runner.start(ref);
      await bench.runner.rest(ref, "one", bench.clock.now + HOUR - MINUTE, []);
      // The alarm looks at the job that rests, too, once.
      await ring(bench, MINUTE);
      const skipped = await cost(() => ring(bench, MINUTE));
      expect((await ledger(bench)).filter((line) => line.startsWith("skipped"))).toHaveLength(31);
      expect(Math.max(...skipped) - ALARM).toBeLessThanOrEqual(3);
    }));

  it("of a ring do not grow with the triggers that are not due", () =>
    inRegistry(async (bench) => {
      const cost = async () => {
        await ring(bench, MINUTE);
        return rowsOf(bench.storage, () => ring(bench, MINUTE));
      };
      await save(bench, aTrigger({ when: "{% false %}" }));
      const alone = await cost();
      for (let i = 0; i < 50; i++) {
        await save(
          bench,
          aTrigger({ name: `later-${i}`, schedule: everyMinute({ cron: "0 0 1 1 *", starts_at: at(DAY) }) }),
        );
      }
      const among = await cost();
      expect(among.written).toBe(alone.written);
      // One step more down an index.
      expect(among.read).toBeLessThanOrEqual(alone.read + 2);
    }));
});
