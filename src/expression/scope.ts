import type { Json } from "../lib/json.ts";

/** What expressions see: `$input`, `$steps.<id>`, `$job`, and where they exist `$item`, `$index`, `$response` and others. */
export interface Scope {
  input: Json;
  /** Outputs of the steps so far, by id. */
  steps: Record<string, Json>;
  /** `submitted_at` is ISO 8601. */
  job: { id: string; attempt: number; submitted_at: string };
  /** Epoch ms; what `$now()` and `$millis()` give. */
  now: number;
  /** Path of the step, and keys to the text in it that is evaluated; left out: the job's own output. */
  path?: string;
  place?: string;
  /** Inside `map`. */
  item?: Json;
  index?: number;
  /** Inside `repeat`; the state may be nothing. */
  state?: Json | undefined;
  round?: number;
  /** URLs that answer questions, by the ids of these; only where an expression asks for them. */
  link?: Readonly<Record<string, string>>;
  /** Inside `expect`, `until` and `pages` of http steps. */
  response?: Json;
  /** Inside `finally`: how the job ended. */
  outcome?: Json;
  /** Inside `auth` of http steps: the text that is sent. */
  body?: string;
  /** Inside `auth` and `headers` of http steps: Unix time in seconds. */
  timestamp?: number;
  /** In expressions of a trigger. `run` counts from 1. */
  trigger?: { name: string; run: number };
  /** ISO 8601: when it was due, or came. */
  due_at?: string;
  /** What came by a webhook, or the event. */
  event?: Json;
  /** The result of the trigger's last succeeded job. */
  last?: Json;
  /** In `changed` of a trigger. */
  result?: Json;
}

/** The scope's variables, without `$`. The others are asked for by function. */
export type Variable = Exclude<keyof Scope, "now" | "path" | "place">;
