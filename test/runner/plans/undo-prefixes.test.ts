import fc from "fast-check";
import { expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { MAX_JOB_DEPTH } from "../../../src/limits.ts";
import type { RunnerApi } from "../../../src/registry/api/caller.ts";
import { aListQuery, CALLER, inRegistry, planOf } from "../../registry/bench.ts";
import { Crash, type RunOptions } from "../bench.ts";
import { Family, statusesOf } from "./family.ts";

/** A part of a plan: an effect, with or without an undo, or what has other parts inside. */
type Part =
  | { kind: "act"; undo: boolean }
  | { kind: "map" | "repeat"; times: number; parts: Part[] }
  | { kind: "parallel"; parts: Part[]; others: Part[] };

const { parts } = fc.letrec<{ part: Part; parts: Part[] }>((tie) => {
  const inner = fc.array(tie("part"), { minLength: 1, maxLength: 2 });
  const times = fc.integer({ min: 1, max: 2 });
  return {
    parts: inner,
    part: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("act" as const), undo: fc.boolean() }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constantFrom("map" as const, "repeat" as const), times, parts: inner }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("parallel" as const), parts: inner, others: inner }) },
    ),
  };
});

const HOST = "https://api.example.com/";

/**
 * The parts as steps. Each request names its place: the items and rounds around it, and its step.
 * @param unknown whether a step is undone, too, of which nobody knows how it came out
 */
function stepsOf(list: Part[], unknown: boolean, place = "", count = { n: 0 }): JsonObject[] {
  return list.map((part): JsonObject => {
    count.n += 1;
    const id = `s${count.n}`;
    const inside = (each: Part[], where: string) => stepsOf(each, unknown, where, count);
    switch (part.kind) {
      case "act": {
        const url = `${HOST}do/${place}${id}`;
        const undo = part.undo && {
          undo: { type: "http", url: url.replace("/do/", "/un/"), retry: { limit: 0 }, ...(unknown && { unknown }) },
        };
        return { id, type: "http", url, retry: { limit: 0 }, ...undo };
      }
      case "map": {
        // Inner items hide outer ones: each row keeps its own under the name of its map.
        const over = Array.from({ length: part.times }, (_, i) => `i${i}`);
        const row = { id: `${id}_row`, type: "transform", value: "{% $item %}" };
        return {
          id,
          type: "map",
          over,
          concurrency: 1,
          steps: [row, ...inside(part.parts, `${place}{% $steps.${id}_row %}-`)],
        };
      }
      case "repeat": {
        const round = { id: `${id}_round`, type: "transform", value: "{% $round %}" };
        return {
          id,
          type: "repeat",
          limit: part.times,
          steps: [round, ...inside(part.parts, `${place}r{% $steps.${id}_round %}-`)],
        };
      }
      case "parallel":
        return {
          id,
          type: "parallel",
          branches: { a: inside(part.parts, `${place}${id}a-`), b: inside(part.others, `${place}${id}b-`) },
        };
      default:
        return part satisfies never;
    }
  });
}

/** Whether they lie in two branches of one step, which run at the same time. */
function isBeside(one: string, other: string): boolean {
  const [a, b] = [one.split("-"), other.split("-")];
  const at = a.findIndex((name, i) => name !== b[i]);
  return (
    at >= 0 &&
    a[at]?.slice(0, -1) === b[at]?.slice(0, -1) &&
    /^s\d+[ab]$/.test(a[at] ?? "") &&
    /^s\d+[ab]$/.test(b[at] ?? "")
  );
}

interface Course {
  /** The effect that is refused, or amid which the job is cancelled, counted from 0. */
  at: number;
  how: "refused" | "cancelled";
  /** The call of the registry at which the process dies, of all of them or after the end of what is undone; 0: at none. */
  dies: number;
  counted: "all" | "after the end";
  depth: number;
}

/** What took place outside, each place once: a target that knows idempotency keys. */
function outside({ at, how }: Course, cancel: () => Promise<unknown>) {
  const [did, undid]: [string[], string[]] = [[], []];
  const keys = new Set<string>();
  let refused: string | undefined;
  const fetch: NonNullable<RunOptions["fetch"]> = async (url, init = {}) => {
    const key = new Headers(init.headers).get("idempotency-key") ?? "";
    const [what, place = ""] = url.slice(HOST.length).split("/");
    if (key === refused) return new Response("no", { status: 402 });
    if (keys.has(key)) return Response.json(place);
    if (what === "do" && did.length === at && refused === undefined) {
      refused = key;
      if (how === "refused") return new Response("no", { status: 402 });
      refused = "cancelled";
      await cancel();
    }
    keys.add(key);
    (what === "do" ? did : undid).push(place);
    return Response.json(place);
  };
  return { fetch, did, undid, isOver: () => refused !== undefined };
}

/** The same calls, of which the one dies, before it is done or after. */
const dying = ({ dies, counted }: Course, isOver: () => boolean) => {
  let left = dies;
  return (real: RunnerApi): RunnerApi =>
    new Proxy(real, {
      get:
        (_real, name) =>
        async (...args: unknown[]) => {
          const call = Reflect.get(real, name) as (...args: unknown[]) => Promise<unknown>;
          if (counted === "all" || isOver()) left -= 1;
          if (left !== 0) return call(...args);
          if (dies % 2 === 0) await call(...args);
          throw new Crash();
        },
    });
};

const nested = (steps: JsonObject[], depth: number): JsonObject[] =>
  depth <= 1 ? steps : [{ id: "kid", type: "job", blueprint: { name: "kid", steps: nested(steps, depth - 1) } }];

const undoable = (list: JsonObject[]) =>
  new Set([...JSON.stringify(list).matchAll(/\/un\/[^"]*?(s\d+)"/g)].map(([, id]) => id));
const idOf = (place: string) => place.slice(place.lastIndexOf("-") + 1);

/** @returns how many effects there were */
async function hold(list: Part[], course: Course): Promise<number> {
  const steps = stepsOf(list, course.dies > 0);
  let count = 0;
  await inRegistry(
    async (bench) => {
      const cancel = async () => {
        const { jobs } = await bench.caller.list(CALLER, aListQuery());
        const top = jobs.find((job) => job.parent_id === null);
        await bench.caller.cancel(CALLER, top?.id ?? "", null);
      };
      const { fetch, did, undid, isOver } = outside(course, cancel);
      const end: JsonObject = { id: "end", type: "http", url: `${HOST}do/end`, retry: { limit: 0 } };
      const plan = planOf(nested([...steps, end], course.depth));
      await bench.submit({ plan, plan_hash: crypto.randomUUID() });
      const registry = course.dies > 0 ? { registry: dying(course, isOver) } : {};
      await new Family(bench, { fetch, ...registry }).runAll();
      bench.clock.now += 3_600_000;
      await bench.reconciler.onAlarm();
      await new Family(bench, { fetch, ...registry }).runAll();
      const known = undoable(steps);
      const mustGo = did.filter((place) => known.has(idOf(place)));
      const done = undid.filter((place) => did.includes(place));
      expect(done.sort()).toEqual(isOver() ? mustGo.sort() : []);
      // A process that died had perhaps begun what a target never saw.
      expect(undid.length - done.length).toBeLessThanOrEqual(course.dies > 0 ? 2 : 0);
      for (const [i, later] of undid.entries()) {
        const wrong = undid
          .slice(i + 1)
          .filter((place) => did.indexOf(place) > did.indexOf(later) && !isBeside(place, later));
        expect([later, wrong]).toEqual([later, []]);
      }
      const jobs = await statusesOf(bench);
      for (const { status } of jobs) expect(["succeeded", "failed", "cancelled"]).toContain(status);
      const cleanups = new Set(jobs.map(({ cleanup_job_id }) => cleanup_job_id));
      for (const { id, status } of jobs) if (cleanups.has(id)) expect(status).toBe("succeeded");
      count = did.length;
    },
    { activeJobs: course.depth, runningJobs: course.depth, submitsPerMinute: course.depth, treeJobs: course.depth },
  );
  return count;
}

const WHOLE: Course = { at: Number.POSITIVE_INFINITY, how: "refused", dies: 0, counted: "all", depth: 1 };

it("undo runs in reverse over every prefix of success: of what finished, with full quotas", () =>
  fc.assert(
    fc.asyncProperty(parts, async (list) => {
      const effects = await hold(list, WHOLE);
      for (let at = 0; at < effects; at++) await hold(list, { ...WHOLE, at });
    }),
    { numRuns: 5 },
  ));

it.each([["refused"], ["cancelled"]] as const)(
  "and wherever the process dies, at any depth, when an effect is %s",
  (how) =>
    fc.assert(
      fc.asyncProperty(
        parts,
        fc.record({
          at: fc.integer({ min: 0, max: 6 }),
          how: fc.constant(how),
          depth: fc.integer({ min: 1, max: MAX_JOB_DEPTH }),
        }),
        fc.oneof(
          fc.record({ counted: fc.constant("all" as const), dies: fc.integer({ min: 0, max: 60 }) }),
          fc.record({ counted: fc.constant("after the end" as const), dies: fc.integer({ min: 1, max: 25 }) }),
        ),
        async (list, course, death) => void (await hold(list, { ...course, ...death })),
      ),
      { numRuns: 20 },
    ),
);
