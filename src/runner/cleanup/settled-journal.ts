import type { Step } from "../../blueprint/kinds/index.ts";
import type { Scope } from "../../expression/template.ts";
import { enclosing } from "../../jobs/run/awaiting.ts";
import { type Json, ownValue } from "../../lib/json.ts";
import type { CleanupPlan, ParentPage } from "../../registry/api/cleanup-calls.ts";
import type { Halted, HaltedRows, Repeating } from "../../registry/api/runner.ts";
import { type Done, done, HALTED } from "../ending.ts";

type Row = ParentPage["values"][number];

/** A step whose effect is to be taken back, with all that its undo sees. */
export interface Effect {
  path: string;
  keyPath: string;
  step: Step;
  scope: Scope;
  /** The later it finished, the higher; infinite: nobody knows whether it did. */
  number: number;
}

/**
 * What a job had stored when it settled, or one of its branches was first. Its plan is run again with it, where no step acts: what finished comes out as it
 * did, and what did not goes no further. So it is found what the undo of each step sees.
 */
export class Journal {
  readonly #effects: Effect[] = [];
  /** The step that they are of, by the prefixes of rows that were not first. */
  readonly #lost = new Map<string, string>();
  readonly #rows: ReadonlyMap<string, Row>;
  readonly #cleanup: CleanupPlan;

  constructor(rows: readonly Row[], cleanup: CleanupPlan) {
    this.#rows = new Map(rows.map((row) => [row.path, row]));
    this.#cleanup = cleanup;
  }

  /** How a step that acts, waits or asks came out. */
  ending(step: Step, scope: Scope, path: string, keyPath: string): Done | typeof HALTED {
    const row = this.#find(path, keyPath);
    const output: Json | undefined = row && JSON.parse(row.value_json);
    if (this.#cleanup.unknown.includes(keyPath)) {
      this.#add({ path, keyPath, step, scope, number: Number.POSITIVE_INFINITY }, null);
    } else if (row !== undefined && row.undo_number !== null) {
      this.#add({ path, keyPath, step, scope, number: row.undo_number }, output ?? null);
    }
    const isOver = row !== undefined || Object.hasOwn(this.#cleanup.succeeded, path);
    if (!isOver) return HALTED;
    const at = row?.at ?? ownValue(this.#cleanup.succeeded, path) ?? undefined;
    return step.type === "sleep" ? done({}, { silent: true, at }) : done(output, { storedAt: path, at });
  }

  /** Another row of the step at `race` was first than those with these prefixes. */
  lose(race: string, prefixes: readonly string[]): void {
    for (const prefix of prefixes) this.#lost.set(prefix, race);
  }

  /** What is to be taken back of the rows that were not first in that step; undefined: all else. */
  effectsOf(race: string | undefined): Effect[] {
    return this.#effects.filter(({ path }) => this.#raceOf(path) === race);
  }

  /** The innermost: what was lost there was taken back before anything around it ended. */
  #raceOf(path: string): string | undefined {
    const around = enclosing(path).findLast((each) => this.#lost.has(`${each}.`));
    return around && this.#lost.get(`${around}.`);
  }

  /** How the rows of the step were stopped, when one failed and the job went on. */
  halted(path: string): ({ do: "kept" } & HaltedRows) | Halted {
    const row = this.#rows.get(`${path}.$halted`);
    return row === undefined ? { do: "halted" } : { do: "kept", ...JSON.parse(row.value_json) };
  }

  /** Where the rounds of the step stand: at their beginning, where their outputs were kept for what undoes them. */
  repeating(path: string, keyPath: string): Repeating | Halted {
    const around = ownValue(this.#cleanup.around, path);
    if (around !== undefined) return { do: "go", ...around };
    const row = this.#find(`${path}.$rounds`, `${keyPath}.$rounds`);
    const first = `${path}#1.`;
    const isKept = [...this.#rows.keys()].some((each) => each.startsWith(first));
    if (row === undefined) return { do: "go", round: 0, over: false, since: 0 };
    const { round, over, since = 0, state, at } = JSON.parse(row.value_json);
    if (isKept) return { do: "go", round: 0, over: false, since };
    return over ? { do: "go", round, over, since, state, at } : { do: "halted" };
  }

  /** Whether nothing is known of the rounds that follow on the one that is run again. */
  hasOneRound(path: string): boolean {
    return ownValue(this.#cleanup.around, path) !== undefined;
  }

  /** An action of a step that computes what it does next. */
  action(path: string, keyPath: string): Done | typeof HALTED {
    const row = this.#find(path, keyPath);
    if (row === undefined) return HALTED;
    return done(JSON.parse(row.value_json), { storedAt: path, at: row.at ?? undefined });
  }

  #find(path: string, keyPath: string): Row | undefined {
    // A retry has the rows that it brought along by their items.
    return this.#rows.get(path) ?? (keyPath === path ? undefined : this.#rows.get(`$kept.${keyPath}`));
  }

  #add({ scope, step, ...effect }: Effect, output: Json): void {
    if (step.undo === undefined) return;
    this.#effects.push({ ...effect, step, scope: { ...scope, steps: { ...scope.steps, [step.id]: output } } });
  }
}
