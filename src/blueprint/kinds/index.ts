import * as z from "zod";
import { isJsonObject, type Json, type JsonObject, ownValue } from "../../lib/json.ts";
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
import { OTHER_KINDS } from "./misplaced.ts";
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
  finally?: Step[] | undefined;
}
export interface ChildInput extends DocumentFieldsInput {
  steps: StepInput[];
  finally?: StepInput[] | undefined;
}
/** Of a kind that has an effect. */
interface Undoable {
  /** One step, or a list, as the schemas of steps have read them. */
  undo?: JsonObject | JsonObject[] | undefined;
}
export interface JobStep extends JobFields {
  blueprint: string | Child;
}
export interface JobStepInput extends JobFieldsInput {
  blueprint: string | ChildInput;
}

/** A step as a plan keeps it, with every default filled in. */
export type Step = (z.output<FlatSchema> | MapStep | RepeatStep | ParallelStep | JobStep) & Undoable;
/** A step as it may be written. */
export type StepInput = (z.input<FlatSchema> | MapStepInput | RepeatStepInput | ParallelStepInput | JobStepInput) &
  Undoable;

const inList: z.core.$ZodErrorMap = ({ code }) =>
  code === "invalid_type"
    ? 'Send an array. It holds steps: [{"id": "one", "type": "http", "url": "https://..."}].'
    : undefined;

export const Steps: z.ZodType<Step[], StepInput[]> = z.lazy(() => z.array(Step, { error: inList }).min(1));
const Child: z.ZodType<Child, ChildInput> = z.lazy(() => document(Steps));

/** Every kind of step: one file in this folder, and one line here. */
const KINDS: { [Type in Step["type"]]: Kind } = {
  ...FLAT,
  map: map(Steps),
  repeat: repeat(Steps),
  parallel: parallel(Steps),
  job: job(Child),
};

const ofOtherKind: z.core.$ZodErrorMap = ({ code, input }) => {
  const type = code === "invalid_union" && isJsonObject(input as Json) ? (input as JsonObject).type : undefined;
  return typeof type === "string" ? ownValue(OTHER_KINDS, type) : undefined;
};

/** One of these schemas, told apart by `type`. */
const anyOf = (schemas: readonly z.ZodObject[]) =>
  z.discriminatedUnion("type", [...schemas] as never, { error: ofOtherKind });

const unknown = z.literal(true).optional().describe("Run it also when nobody knows how the step came out.");
const UndoStep = z.lazy(() => anyOf(Object.values(KINDS).map(({ schema }) => schema.safeExtend({ unknown }))));

/** A step that takes an effect back needs no id: its path says whose it is. */
const withId = (id: string, step: Json): Json => (isJsonObject(step) && step.id === undefined ? { ...step, id } : step);
const withIds = (undo: unknown): unknown =>
  Array.isArray(undo) ? undo.map((step: Json, i) => withId(`undo_${i + 1}`, step)) : withId("undo", undo as Json);
const ONE_OR_MORE = 'Send a step, or a list of them: {"type": "http", "method": "DELETE", "url": "https://..."}.';
const undo = z
  .preprocess(withIds, z.union([z.array(UndoStep).min(1), UndoStep], { error: ONE_OR_MORE }))
  .optional()
  .describe("Of a step that acts: takes its effect back when the job fails; see `guide/undo`.");

const withUndo = (kind: Kind): Kind => (kind.isUndoable ? { ...kind, schema: kind.schema.safeExtend({ undo }) } : kind);

export const KIND_TABLE: ReadonlyMap<string, Kind> = new Map<string, Kind>(
  Object.entries(KINDS).map(([type, kind]) => [type, withUndo(kind)]),
);

/** One step of any kind. */
export const Step = anyOf([...KIND_TABLE.values()].map(({ schema }) => schema)) as unknown as z.ZodType<
  Step,
  StepInput
>;
