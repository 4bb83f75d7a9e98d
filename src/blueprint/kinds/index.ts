import * as z from "zod";
import { type DocumentFields, type DocumentFieldsInput, document } from "../document.ts";
import { ai } from "./ai.ts";
import type { Kind } from "./common.ts";
import { emit } from "./emit.ts";
import { end } from "./end.ts";
import { handler } from "./handler.ts";
import { http } from "./http.ts";
import { input } from "./input.ts";
import { type JobFields, type JobFieldsInput, job } from "./job.ts";
import { type MapFields, type MapFieldsInput, map } from "./map.ts";
import { type ParallelFields, type ParallelFieldsInput, parallel } from "./parallel.ts";
import { type RepeatFields, type RepeatFieldsInput, repeat } from "./repeat.ts";
import { sleep } from "./sleep.ts";
import { store } from "./store.ts";
import { transform } from "./transform.ts";
import { worker } from "./worker.ts";

const FLAT = { http, sleep, transform, handler, input, end, store, emit, worker, ai };
type FlatSchema = (typeof FLAT)[keyof typeof FLAT]["schema"];

// Interfaces, because a type alias may not mention itself.
export interface MapStep extends MapFields {
  steps: Step[];
}
export interface MapStepInput extends MapFieldsInput {
  steps: StepInput[];
}
export interface RepeatStep extends RepeatFields {
  steps: Step[];
}
export interface RepeatStepInput extends RepeatFieldsInput {
  steps: StepInput[];
}
export interface ParallelStep extends ParallelFields {
  branches: Record<string, Step[]>;
}
export interface ParallelStepInput extends ParallelFieldsInput {
  branches: Record<string, StepInput[]>;
}
/** A blueprint inside another. */
export interface Child extends DocumentFields {
  steps: Step[];
}
export interface ChildInput extends DocumentFieldsInput {
  steps: StepInput[];
}
export interface JobStep extends JobFields {
  blueprint: string | Child;
}
export interface JobStepInput extends JobFieldsInput {
  blueprint: string | ChildInput;
}

/** A step as a plan keeps it, with every default filled in. */
export type Step = z.output<FlatSchema> | MapStep | RepeatStep | ParallelStep | JobStep;
/** A step as it may be written. */
export type StepInput = z.input<FlatSchema> | MapStepInput | RepeatStepInput | ParallelStepInput | JobStepInput;

export const Steps: z.ZodType<Step[], StepInput[]> = z.lazy(() => z.array(Step).min(1));
const Child: z.ZodType<Child, ChildInput> = z.lazy(() => document(Steps));

/** Every kind of step: one file in this folder, and one line here. */
const KINDS = {
  ...FLAT,
  map: map(Steps),
  repeat: repeat(Steps),
  parallel: parallel(Steps),
  job: job(Child),
} satisfies {
  [Type in Step["type"]]: Kind;
};

export const KIND_TABLE: ReadonlyMap<string, Kind> = new Map<string, Kind>(Object.entries(KINDS));

const [first, ...others] = Object.values(KINDS).map(({ schema }) => schema);
/** One step of any kind, told apart by `type`. */
export const Step = z.discriminatedUnion("type", [first, ...others] as never) as unknown as z.ZodType<Step, StepInput>;
