import { ownValue } from "../../lib/json.ts";
/**
 * Under which key an action runs: `<first job of the chain>.<key path>`, and `~<n>` once an answer was definite or its
 * outcome was discarded, n being the number of the retry in its chain. A target that knows the key does nothing twice,
 * so one whose outcome is unknown never gets another. Pure.
 */

/** How an action that began came out, as far as this side knows. */
export const ACTION_OUTCOMES = ["finished", "definite", "unknown", "undone"] as const;
export type ActionOutcome = (typeof ACTION_OUTCOMES)[number];

/** Why it may run again: the same job goes on, a retry goes on, or a retry that discards what the step had done. */
export const AGAIN = ["resume", "retry", "from_step", "input", "changed_step"] as const;
export type Again = (typeof AGAIN)[number];

export type Verdict = "reuse" | "same_key" | "new_key";

/** What a step that ran before does when it comes up again. */
export function again(outcome: ActionOutcome, why: Again): Verdict {
  if (outcome === "unknown") return "same_key";
  if (outcome === "undone") return "new_key";
  const goesOn = why === "resume" || why === "retry";
  if (outcome === "finished") return goesOn ? "reuse" : "new_key";
  return why === "resume" ? "same_key" : "new_key";
}

/** HTTP statuses after which the same request may be asked again: they say nothing of its effect. */
const SAYS_NOTHING = [408, 425, 429];

/** What a failure says of its effect: only an answer of the other side says that there was none. */
export function outcomeOf({ status }: { status?: number | undefined }): "definite" | "unknown" {
  return status === undefined || status >= 500 || SAYS_NOTHING.includes(status) ? "unknown" : "definite";
}

/** PERSISTED since 0.2.0, in the run of a retry. */
export interface Chain {
  /** The first job. */
  root: string;
  /** Of this retry, from 1. */
  number: number;
  /** Top-level steps whose outcome was discarded: the suffix of their keys, unless an action has its own. */
  fresh: Record<string, number>;
}

/** PERSISTED since 0.2.0. What is known of an action before it runs here, or after it ran without finishing. */
export interface ActionRecord {
  key_path: string;
  /** The number behind `~`; 0: none. */
  suffix: number;
  /** Polls under this key that were answered. */
  polls: number;
  /** null: it has not run under this suffix, or finished under it. */
  outcome: "definite" | "unknown" | null;
  /** Of a `job` step: the job that it waited for. */
  child_id: string | null;
}

/** `fetch[3].page` and `fetch#3.page` lie in the top-level step `fetch`. */
export const topLevelStep = (path: string): string => path.split(/[.[#]/, 1)[0] ?? path;

/** The number behind `~` of an action of this job. */
export function suffixOf(chain: Chain | undefined, record: ActionRecord | undefined, keyPath: string): number {
  if (record !== undefined) return record.suffix;
  const top = topLevelStep(keyPath);
  return ownValue(chain?.fresh, top) ?? 0;
}

/** The first job of the chain that the job belongs to. */
export const rootOf = ({ job_id, run }: { job_id: string; run: { chain?: Chain } }): string =>
  run.chain?.root ?? job_id;

/** @param root id of the first job of the chain */
export const actionKey = (root: string, keyPath: string, suffix: number): string =>
  `${root}.${keyPath}${suffix === 0 ? "" : `~${suffix}`}`;

/** Each poll asks anew. @param polls that were answered before it */
export const pollKey = (key: string, polls: number): string => `${key}#${polls + 1}`;

/**
 * Names of the rows of a map by digests of their items, in their order: a list that comes again in another order, or
 * with one more, leaves each row its name. Equal items are counted.
 */
export function rowNames(digests: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return digests.map((digest) => {
    const count = (seen.get(digest) ?? 0) + 1;
    seen.set(digest, count);
    return count === 1 ? digest : `${digest}-${count}`;
  });
}

/** What a retry brings along of an action of the job before it. */
export function inherited(record: ActionRecord, why: Again, number: number): ActionRecord {
  if (again(record.outcome ?? "finished", why) !== "new_key") return record;
  return { ...record, suffix: number, polls: 0, outcome: null };
}
