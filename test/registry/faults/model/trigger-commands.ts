import fc from "fast-check";
import { expect } from "vitest";
import { iso } from "../../../../src/lib/time.ts";
import type { TriggerToSave } from "../../../../src/registry/api/trigger-calls.ts";
import type { TriggerDocument } from "../../../../src/triggers/trigger-document.ts";
import { CALLER, START } from "../../bench.ts";
import { MAX_ACTIVE, MODEL_PLAN } from "./model.ts";
import { keyOf, TRIGGER_NAMES, type TriggerName } from "./model-triggers.ts";
import type { Rig } from "./rig.ts";
import { type AnyStep, named } from "./steps.ts";

const HOUR = 3_600_000;
const EVENT = "order.shipped";
export const TRIGGER_LABEL = "test-plan@2";
export const TRIGGER_TIMEOUT_MS = 24 * HOUR;
const UNKNOWN = { ok: false, error: { code: "unknown_trigger" } };

const KINDS: Record<TriggerName, Partial<TriggerDocument>> = {
  hook: { webhook: { verify: null } },
  told: { event: { name: EVENT } },
  clock: {
    schedule: {
      ...{ every: "1 hour", starts_at: iso(START), timezone: "UTC" },
      ...{ overlap: "allow", missed: "last", catch_up: "1 hour" },
    },
  },
};

const toSave = (name: TriggerName, paused: boolean): TriggerToSave => ({
  document: { name, blueprint: "test-plan", paused, input: {}, ...KINDS[name] },
  plan: { label: TRIGGER_LABEL, plan: MODEL_PLAN, plan_hash: "of triggers", timeout_ms: TRIGGER_TIMEOUT_MS },
  isNewest: false,
  rotate: false,
});

const anyName = fc.constantFrom(...TRIGGER_NAMES);
const hasRoom = ({ model }: Rig, more = 0): boolean => model.active.length + more < MAX_ACTIVE;

const saveTrigger: AnyStep = named(
  "save a trigger",
  fc.record({ name: anyName, paused: fc.nat(3).map((n) => n === 0) }),
  ({ name, paused }) =>
    async (rig, fault) => {
      const { reply } = await rig.ask("save", fault, (api) => api.caller.saveTrigger(CALLER, toSave(name, paused)));
      const { version } = rig.model.triggers.save(name, paused);
      expect(reply).toMatchObject({ ok: true, value: { version } });
    },
);

const deleteTrigger: AnyStep = named("delete a trigger", fc.record({ name: anyName }), ({ name }) => {
  return async (rig, fault) => {
    const wasThere = rig.model.triggers.saved.has(name);
    const { reply, again } = await rig.ask("delete", fault, (api) => api.caller.deleteTrigger(CALLER, name));
    if (!again) expect(reply).toBe(wasThere);
    rig.model.triggers.delete(name);
    expect(await rig.world.api.caller.findTrigger(CALLER, name)).toBe(null);
  };
});

const deliver: AnyStep = named("deliver", fc.record({ id: fc.constantFrom("d0", "d1", "d2") }), ({ id }) => {
  return async (rig, fault) => {
    const hook = rig.model.triggers.saved.get("hook");
    const key = keyOf("hook", id);
    const known = rig.model.byKey(key);
    const isNew = known === undefined && hook?.paused === false && hasRoom(rig);
    if (isNew) rig.model.triggers.mayStart.add(key);
    const delivery = { name: "hook", version: hook?.version ?? 1, key: id, event: {} };
    const { reply, again } = await rig.ask("deliver", fault, (api) => api.caller.deliver(CALLER, delivery));
    if (hook === undefined) return expect(reply).toEqual(UNKNOWN);
    rig.adopt();
    if (isNew) {
      const job_id = rig.model.byKey(key)?.id;
      expect(reply).toMatchObject({
        ok: true,
        value: { job_id, outcome: "ran", ...(!again && { deduplicated: false }) },
      });
      expect(job_id).toBeDefined();
    } else if (known !== undefined) {
      expect(reply).toEqual({ ok: true, value: { job_id: known.id, deduplicated: true, outcome: "ran" } });
    } else if (hook.paused) {
      expect(reply).toEqual({ ok: true, value: { job_id: null, deduplicated: false, outcome: "paused" } });
    } else expect(reply).toMatchObject({ ok: false, error: { code: "delivery_refused", is_full: true } });
  };
});

const fire: AnyStep = named("fire", fc.record({ name: anyName }), ({ name }) => async (rig, fault) => {
  const { triggers } = rig.model;
  const isFull = !hasRoom(rig);
  // Whoever has no answer fires again.
  triggers.byHand = triggers.saved.has(name) ? 2 : 0;
  const request = { now: true, span: null };
  const { reply, again } = await rig.ask("fire", fault, (api) => api.caller.fireTrigger(CALLER, name, request));
  if (!triggers.saved.has(name)) return expect(reply).toEqual(UNKNOWN);
  rig.adopt();
  if (!again) expect(triggers.byHand).toBe(isFull ? 2 : 1);
  triggers.byHand = 0;
  if (!again) expect(reply).toMatchObject({ ok: true, value: [{ outcome: isFull ? "refused" : "ran" }] });
});

const backfill: AnyStep = named("backfill", fc.record({ hours: fc.nat(2) }), ({ hours }) => async (rig, fault) => {
  const { triggers } = rig.model;
  const span = { from: rig.now - hours * HOUR, to: rig.now };
  const dues: number[] = [];
  for (let due = START; due <= span.to; due += HOUR) if (due >= span.from) dues.push(due);
  const expected = dues.map((due) => ({
    due,
    key: keyOf("clock", iso(due)),
    known: rig.model.byKey(keyOf("clock", iso(due))),
  }));
  const fresh = expected.filter(({ known }) => known === undefined);
  const begun = fresh.filter((_, i) => triggers.saved.has("clock") && hasRoom(rig, i));
  for (const { key } of begun) triggers.mayStart.add(key);
  const request = { now: false, span };
  const { reply } = await rig.ask("backfill", fault, (api) => api.caller.fireTrigger(CALLER, "clock", request));
  if (!triggers.saved.has("clock")) return expect(reply).toEqual(UNKNOWN);
  rig.adopt();
  const said = expected.map(({ due, key }) => {
    const job_id = rig.model.byKey(key)?.id ?? null;
    return { due, job_id, outcome: job_id === null ? "refused" : "ran" };
  });
  expect(reply).toMatchObject({ ok: true, value: said });
  expect(begun.filter(({ key }) => triggers.mayStart.has(key))).toEqual([]);
});

const emit: AnyStep = named("emit", fc.record({}), () => async (rig, fault) => {
  const { triggers } = rig.model;
  const told = triggers.saved.get("told");
  const n = rig.model.events++;
  const event = { job_id: "job_none", key: `event ${n}`, name: EVENT, data: { n } };
  // Its job may come before the answer does.
  const { reply } = await rig.ask("emit", fault, (api) => api.events.emitEvent(CALLER, event));
  if (!reply.ok) throw new Error(reply.error.code);
  if (told === undefined) return;
  told.owed.push(reply.value);
  // After a fault it is looked at later, when the trigger may be another one.
  if (!told.paused || !rig.isOrderly) triggers.mayStart.add(keyOf("told", reply.value));
});

export const TRIGGER_STEPS = { saveTrigger, deleteTrigger, deliver, fire, backfill, emit };

/** Once the alarm is through nothing is due, and each event has its entry. */
export async function afterTriggers(rig: Rig): Promise<void> {
  const { api } = rig.world;
  const [clock, told] = ["clock" as const, "told" as const].map((name) => rig.model.triggers.saved.get(name));
  if (clock !== undefined && !clock.paused) {
    const found = await api.caller.findTrigger(CALLER, "clock");
    expect(found?.next_runs[0]).toBeGreaterThan(rig.now);
  }
  if (told === undefined) return;
  const page = await api.caller.triggerLedger(CALLER, "told", null, 1_000);
  if (!page.ok) throw new Error(page.error.code);
  const { entries } = page.value;
  const named = new Set(entries.map(({ occurrence }) => occurrence));
  // Those that came while it was paused, or were purged before anybody looked, share entries without names.
  const unnamed = told.owed.filter((id) => !named.has(id)).length;
  const paused = entries.reduce((sum, { outcome, span }) => sum + (outcome === "paused" ? (span?.count ?? 1) : 0), 0);
  const isPurged = entries.some(({ outcome }) => outcome === "missed");
  expect(unnamed).toBeLessThanOrEqual(isPurged ? told.owed.length : paused);
}
