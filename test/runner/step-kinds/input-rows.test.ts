import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/lib/json.ts";
import { MAX_KEPT_ANSWERS, MAX_OPEN_QUESTIONS } from "../../../src/limits.ts";
import { type Bench, CALLER, inRegistry, START, statusOf } from "../../registry/bench.ts";
import { RecordingStep, runSteps } from "../bench.ts";

const SCHEMA = { type: "object", properties: { note: { type: "string" } } };
const question = (more: Record<string, Json> = {}): Json => {
  return { id: "ask", type: "input", message: "Take {% $item %}?", schema: SCHEMA, ...more };
};
const each = (over: Json, steps: Json[], more: Record<string, Json> = {}): Json => {
  return { id: "each", type: "map", over, steps, concurrency: 20, ...more };
};
const accept = (request_id: string, note = request_id) => {
  return { request_id, action: "accept" as const, content: { note } };
};

async function onlyJob(bench: Bench): Promise<string> {
  const [row] = [...bench.storage.sql.exec<{ job_id: string }>("SELECT job_id FROM jobs ORDER BY job_id DESC")];
  return row?.job_id ?? "";
}

const openIds = async (bench: Bench, id: string): Promise<string[]> =>
  (await statusOf(bench, id)).input_requests.map(({ request_id }) => request_id);

/** Whenever the engine waits, `act` answers what it will of what is open. */
function answering(bench: Bench, act: (open: string[], id: string) => Promise<void>): RecordingStep {
  const step = new RecordingStep();
  step.whileWaiting = async () => {
    const id = await onlyJob(bench);
    await act(await openIds(bench, id), id);
  };
  return step;
}

describe("a question in each row of a map", () => {
  it("is known by the path of its step, at most sixteen are open, and the others follow as places come free", () =>
    inRegistry(async (bench) => {
      const seen: string[][] = [];
      const step = answering(bench, async (open, id) => {
        seen.push(open);
        await bench.caller.respond(CALLER, id, accept(open[0] ?? ""));
      });
      const rows = [question(), { id: "note", type: "transform", value: "{% $steps.ask.content.note %}" }];
      const run = await runSteps(bench, [each("{% [0..19] %}", rows)], { step });
      const paths = Array.from({ length: 20 }, (_, i) => `each[${i}].ask`);
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { value: paths } });
      expect(seen[0]).toEqual(paths.slice(0, MAX_OPEN_QUESTIONS));
      expect(seen.slice(0, 5).every((open) => open.length === MAX_OPEN_QUESTIONS)).toBe(true);
      expect(seen.flat().every((id) => paths.includes(id))).toBe(true);
    }));

  it("costs one report more for each row that waits for a place, however many are answered", () =>
    inRegistry(async (bench) => {
      let asked = 0;
      const step = answering(bench, async (open, id) => {
        for (const each of open) await bench.caller.respond(CALLER, id, accept(each));
      });
      const run = await runSteps(bench, [each("{% [1..120] %}", [question()])], {
        step,
        registry: (real) =>
          new Proxy(real, {
            get: (target, name) => {
              if (name === "ask") asked += 1;
              return Reflect.get(target, name);
            },
          }),
      });
      expect((await run.status()).status).toBe("succeeded");
      expect(asked).toBeLessThanOrEqual(2 * 120);
    }));

  it("is answered once: what the newest answers were is remembered, and an old one is not taken again", () =>
    inRegistry(async (bench) => {
      const step = new RecordingStep();
      const count = MAX_KEPT_ANSWERS + 10;
      const steps = [each(`{% [1..${count}] %}`, [question()]), question({ id: "last", message: "Last?" })];
      step.whileWaiting = async () => {
        const id = await onlyJob(bench);
        const open = await openIds(bench, id);
        if (!open.includes("last")) {
          for (const each of open) await bench.caller.respond(CALLER, id, accept(each));
          return;
        }
        const newest = await bench.caller.respond(CALLER, id, accept(`each[${count - 1}].ask`));
        expect(newest).toMatchObject({ ok: false, error: { code: "already_answered", action: "accept" } });
        const oldest = await bench.caller.respond(CALLER, id, accept("each[0].ask"));
        expect(oldest).toMatchObject({ ok: false, error: { code: "unknown_request", open: ["last"] } });
        await bench.caller.respond(CALLER, id, accept("last"));
      };
      const run = await runSteps(bench, steps, { step });
      expect((await run.status()).status).toBe("succeeded");
    }));

  it("takes its default when nobody answers in time, and without one its row fails", () =>
    inRegistry(async (bench) => {
      const timeout = "5 minutes";
      const kept = await runSteps(bench, [each([1, 2], [question({ timeout, default: { note: "none" } })])]);
      const expired = { action: "expired", content: { note: "none" } };
      expect(await kept.status()).toMatchObject({ status: "succeeded", result: { value: [expired, expired] } });
      const failing = await runSteps(bench, [each([1], [question({ timeout })])]);
      expect(await failing.status()).toMatchObject({ status: "failed", error_code: "input_expired" });
      const passed = await runSteps(bench, [each([1], [question({ timeout, on_error: "continue" })])]);
      expect(await passed.status()).toMatchObject({
        status: "succeeded",
        result: { value: [{ error: { code: "input_expired" } }] },
      });
    }));

  it("keeps what was answered before its process died, and asks for the rest alone", () =>
    inRegistry(async (bench) => {
      const dying = new RecordingStep();
      dying.whileWaiting = async () => {
        await bench.caller.respond(CALLER, await onlyJob(bench), accept("each[1].ask", "before"));
        await dying.die();
      };
      const run = await runSteps(bench, [each(["a", "b"], [question()])], { step: dying });
      expect(await openIds(bench, run.id)).toEqual(["each[0].ask"]);
      const second = answering(bench, async (open, id) => {
        expect(open).toEqual(["each[0].ask"]);
        await bench.caller.respond(CALLER, id, accept("each[0].ask", "after"));
      });
      await run.resume(second);
      expect(await run.status()).toMatchObject({
        status: "succeeded",
        result: { value: [{ content: { note: "after" } }, { content: { note: "before" } }] },
      });
    }));

  it("is answered for good: a retry asks only those rows that nobody answered, wherever their items stand", () =>
    inRegistry(async (bench) => {
      const once = { limit: 0 };
      const call = { id: "call", type: "http", url: "https://api.example.com/{% $item %}", retry: once };
      const steps = [each("{% $input.items %}", [question(), call], { concurrency: 1 })];
      let works = false;
      const fetch = async () => (works ? Response.json({ ok: true }) : new Response("no", { status: 500 }));
      const step = answering(bench, async (open, id) => {
        for (const each of open) await bench.caller.respond(CALLER, id, accept(each));
      });
      const run = await runSteps(bench, steps, { step, fetch, input: { items: ["a", "b"] } });
      expect((await run.status()).status).toBe("failed");
      works = true;
      const again = await bench.caller.retry(CALLER, run.id, { from_step: null, input: null });
      if (!again.ok) throw new Error(again.error.code);
      const asked: string[] = [];
      const second = new RecordingStep();
      second.whileWaiting = async () => {
        const open = await openIds(bench, again.value.id);
        asked.push(...open);
        for (const each of open) await bench.caller.respond(CALLER, again.value.id, accept(each));
      };
      await runSteps(bench, steps, { step: second, fetch, existing: again.value.id });
      expect(await statusOf(bench, again.value.id)).toMatchObject({ status: "succeeded" });
      expect([...new Set(asked)]).toEqual(["each[1].ask"]);
    }));

  it("is closed when a row beside it fails, and its place is another branch's", () =>
    inRegistry(async (bench) => {
      const bad = { id: "bad", type: "http", url: "https://api.example.com/bad", retry: { limit: 0 } };
      const nap = { id: "nap", type: "sleep", for: "1 hour" };
      const left = each(
        "{% [1..17] %}",
        [
          {
            id: "way",
            type: "parallel",
            branches: {
              ask: [question()],
              not: [
                { ...nap, when: "{% $item = 17 %}" },
                { ...bad, when: "{% $item = 17 %}" },
              ],
            },
          },
        ],
        { on_error: "continue" },
      );
      const other = { id: "other", type: "input", message: "And this?", schema: SCHEMA };
      const late = { ...nap, id: "late", for: "1 minute" };
      const seen: string[][] = [];
      const step = answering(bench, async (open, id) => {
        seen.push(open);
        if (open.includes("other")) await bench.caller.respond(CALLER, id, accept("other"));
      });
      const steps = [{ id: "both", type: "parallel", branches: { left: [left], right: [late, other] } }];
      // What the registry closes, it closes late: whoever asked again at once has been refused again.
      const registry = (real: Bench["runner"]) =>
        new Proxy(real, {
          get: (target, name) => {
            if (name !== "halt") return Reflect.get(target, name);
            return async (...args: Parameters<Bench["runner"]["halt"]>) => {
              for (let turns = 0; turns < 50; turns++) await scheduler.wait(0);
              return target.halt(...args);
            };
          },
        });
      const run = await runSteps(bench, steps, { step, registry });
      expect(await run.status()).toMatchObject({
        status: "succeeded",
        result: { right: { content: { note: "other" } } },
      });
      expect(seen[0]).toHaveLength(MAX_OPEN_QUESTIONS);
      expect(seen.at(-1)).toEqual(["other"]);
      // Not only when the job's time is up.
      expect(bench.clock.now - START).toBeLessThan(2 * 3_600_000);
    }));
});

describe("a question in each round of a repeat", () => {
  it("has the round in its path, and the answer decides whether another follows", () =>
    inRegistry(async (bench) => {
      const asked: string[] = [];
      const step = answering(bench, async ([open = ""], id) => {
        asked.push(open);
        const action = open === "loop#3.ask" ? ("accept" as const) : ("decline" as const);
        await bench.caller.respond(CALLER, id, { request_id: open, action, content: action === "accept" ? {} : null });
      });
      const steps = [
        {
          id: "loop",
          type: "repeat",
          steps: [question({ message: "Round {% $round %}: good?" })],
          next: { rounds: "{% $round %}" },
          until: "{% $steps.ask.action = 'accept' %}",
        },
      ];
      const run = await runSteps(bench, steps, { step });
      expect(asked).toEqual(["loop#1.ask", "loop#2.ask", "loop#3.ask"]);
      expect(await run.status()).toMatchObject({ status: "succeeded", result: { rounds: 3 } });
    }));
});
