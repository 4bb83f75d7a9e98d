import type { Mutant } from "./mutant.ts";

/** Bugs of what starts by itself, and of what is told. `from` stands exactly once in its file. */
export const TRIGGER_MUTANTS: Record<string, Mutant> = {
  "a row of the ledger is lost": {
    file: "src/registry/fire/turn.ts",
    from: "    if (chunk !== undefined) this.#context.tables.triggers.putChunk(this.trigger.name, chunk);\n",
    to: "",
  },
  "an hour that the clocks show twice is run twice": {
    file: "src/triggers/schedule.ts",
    from: "const first = found[0] ?? jump();",
    to: "const first = found.find((each) => each > at) ?? found[0] ?? jump();",
  },
  "what a job is known again by is stored after it": {
    file: "src/registry/dispatch/create-job.ts",
    from: "if (idempotency) tables.keys.insert(idempotency.key, idempotency.request_hash, job.job_id);",
    to: `if (idempotency) {
    const { key, request_hash } = idempotency;
    queueMicrotask(() => tables.keys.insert(key, request_hash, job.job_id));
  }`,
  },
  "an event is recorded after what it tells": {
    file: "src/registry/watch/job-events.ts",
    from: "  onWritten(before: Job | undefined, after: Job | undefined) {",
    to: "  onCommitted(before: Job | undefined, after: Job | undefined) {",
  },
  "event triggers are through with an event before they have done anything": {
    file: "src/registry/fire/event-firing.ts",
    from: "const occurred = await occur(this.#context, trigger, occasion, () => this.#context.eventLook.save(place));",
    to: "this.#context.eventLook.save(place);\n      const occurred = await occur(this.#context, trigger, occasion);",
  },
  "event triggers forget what they have done": {
    file: "src/registry/fire/event-firing.ts",
    from: "const occurred = await occur(this.#context, trigger, occasion, () => this.#context.eventLook.save(place));",
    to: "const occurred = await occur(this.#context, trigger, occasion);",
  },
  "other shards are told of a trigger once": {
    file: "src/registry/fire/trigger-copies.ts",
    from: "    tables.triggers.owe(name, at, due);\n    store.ringBy(due);\n",
    to: "    tables.triggers.owe(name, at, Number.MAX_SAFE_INTEGER);\n",
  },
  "the first reader begins the log anew": {
    file: "src/registry/storage/event-log.ts",
    from: "this.#save({ ...this.#state(), listening_until: listeningUntil });",
    to: "this.#save({ listening_until: listeningUntil, gone_to: 0, gap: 0, last: 0 });",
  },
  "a time that waits runs although its trigger is paused": {
    file: "src/registry/fire/firing.ts",
    from: "if (times === undefined || found.trigger.document.paused) return this.#rest(found, times);",
    to: "if (times === undefined) return this.#rest(found, times);",
  },
  "what a schedule missed is told apart from its entry": {
    file: "src/registry/fire/turn.ts",
    from: 'if (entry.outcome === "missed") this.#tell("trigger.missed", spanData(entry));',
    to: 'if (entry.outcome === "missed") queueMicrotask(() => this.#tell("trigger.missed", spanData(entry)));',
  },
  "a time is done with before its job is there": {
    file: "src/registry/fire/firing.ts",
    from: "    const verdict = isToRun ? await verdictOn(this.#context, found.trigger, found.state, occasion) : undefined;\n",
    to: `    const early = { ...found.state, next };
    this.#context.tables.triggers.putState(found.trigger.name, early, null);
    const verdict = isToRun ? await verdictOn(this.#context, found.trigger, found.state, occasion) : undefined;
    this.#context.tables.triggers.putState(found.trigger.name, found.state, null);
`,
  },
  "what is due by the last run of a schedule is not told of": {
    file: "src/registry/fire/turn.ts",
    from: "const isDone = this.isOver && pastOf(this.trigger, { ...this.state, next }, this.#now) === undefined;",
    to: "const isDone = this.isOver;",
  },
  "a time long ago is taken for that of a lost alarm": {
    file: "src/registry/storage/alarm.ts",
    from: "Math.max(this.isLost ? 0 : due, this.#now())",
    to: "due",
  },
  "a lost alarm is not set again for a trigger": {
    file: "src/registry/storage/job-store.ts",
    from: "      triggers,\n      slots,\n",
    to: "      slots,\n",
  },
  "a trigger that is resumed begins with the clock, also one that went back": {
    file: "src/registry/fire/carry-state.ts",
    from: "isSame && wasPaused ? laterOf(kept, first) : kept",
    to: "isSame && wasPaused ? first : kept",
  },
  "times that are too old are not told of": {
    file: "src/triggers/tick.ts",
    from: "const old = first < oldest ? spanOf(table, first, oldest - 1) : undefined;",
    to: "const old = undefined;",
  },
  "a paused hook takes deliveries": {
    file: "src/registry/calls/hooks.ts",
    from: "    if (trigger.document.paused) return this.#whilePaused(trigger, occurrence);\n",
    to: "",
  },
  "a job of a trigger has no key": {
    file: "src/registry/fire/turn.ts",
    from: "tables.keys.find(key) === undefined ? { key, request_hash: plan_hash } : null",
    to: "tables.keys.find(key) === undefined ? null : null",
  },
  "a deleted trigger leaves its ledger to the next of its name": {
    file: "src/registry/storage/trigger-tables.ts",
    from: "    this.#sql.exec(TRIGGERS_SQL.deleteState, name);\n",
    to: "",
  },
};
