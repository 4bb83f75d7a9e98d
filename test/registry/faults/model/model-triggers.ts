/** What the model knows of triggers. Times are epoch ms. */

export const TRIGGER_NAMES = ["hook", "told", "clock"] as const;
export type TriggerName = (typeof TRIGGER_NAMES)[number];

export interface ModelTrigger {
  version: number;
  paused: boolean;
  /** Events that were told since it was saved, in their order: each is explained once the alarm is through. */
  owed: string[];
  /** The last time that the alarm ran. */
  lastDue: number;
}

/** Of a job, by which it is known that nothing starts two. */
export const keyOf = (name: TriggerName, occurrence: string): string => `trigger:${name}:${occurrence}`;

export class ModelTriggers {
  readonly saved = new Map<TriggerName, ModelTrigger>();
  /** Keys of jobs that may come now. */
  readonly mayStart = new Set<string>();
  /** Jobs by hand that may come now. */
  byHand = 0;

  save(name: TriggerName, paused: boolean): ModelTrigger {
    const before = this.saved.get(name);
    const version = (before?.version ?? 0) + Number(before?.paused !== paused);
    const trigger = { owed: [], lastDue: 0, ...before, version, paused };
    this.saved.set(name, trigger);
    return trigger;
  }

  delete(name: TriggerName): void {
    for (const id of this.saved.get(name)?.owed ?? []) this.mayStart.delete(keyOf(name, id));
    this.saved.delete(name);
  }

  /** Whether there may be such a job, which is then no news any more. @returns undefined, or why not */
  take(key: string, now: number): string | undefined {
    if (this.mayStart.delete(key)) return undefined;
    const [, name, ...rest] = key.split(":");
    const occurrence = rest.join(":");
    if (occurrence.startsWith("by-hand-")) return --this.byHand >= 0 ? undefined : `${key} was not asked for`;
    const clock = this.saved.get("clock");
    if (name !== "clock" || clock === undefined || clock.paused) return `${key}: nothing starts it`;
    const due = Date.parse(occurrence);
    if (due > now || due <= clock.lastDue) return `${key}: is not due, or was`;
    clock.lastDue = due;
    return undefined;
  }
}
