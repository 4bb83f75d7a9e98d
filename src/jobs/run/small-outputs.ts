import { type Json, ownValue, utf8Bytes } from "../../lib/json.ts";
import { MAX_ROW_OUTPUTS_BYTES } from "../../limits.ts";
import type { Job } from "../job.ts";

/** Outputs of steps that lie in the row of their job: none of them needs a row of its own. */

type Holder = Pick<Job, "outputs_json">;

const read = ({ outputs_json }: Holder): Record<string, Json> =>
  outputs_json === null ? {} : JSON.parse(outputs_json);

function write(outputs: [path: string, output: Json][]): string | null {
  return outputs.length === 0 ? null : JSON.stringify(Object.fromEntries(outputs));
}

/** PERSISTED. Beside an output, when it was recorded (epoch ms): no step's path begins so. */
const TIME = "@";
const isOutput = ([path]: [path: string, output: Json]): boolean => !path.startsWith(TIME);
const pathOf = (key: string): string => (key.startsWith(TIME) ? key.slice(TIME.length) : key);

/** Every output, as JSON text. */
export const smallOutputs = (job: Holder): [path: string, json: string][] =>
  Object.entries(read(job))
    .filter(isOutput)
    .map(([path, output]) => [path, JSON.stringify(output)]);

/** Epoch ms; undefined: it is not here, or of a version that did not note it. */
export function smallOutputAt(job: Holder, path: string): number | undefined {
  const at = read(job)[`${TIME}${path}`];
  return typeof at === "number" ? at : undefined;
}

export function smallOutput(job: Holder, path: string): string | undefined {
  const outputs = read(job);
  const output = ownValue(outputs, path);
  return output === undefined ? undefined : JSON.stringify(output);
}

/** The job with one more output. @param at epoch ms @returns undefined when its row has no room for it */
export function withSmallOutput(job: Job, path: string, json: string, at?: number): Job | undefined {
  const time = at === undefined ? "" : `,${JSON.stringify(`${TIME}${path}`)}:${at}`;
  const entry = `${JSON.stringify(path)}:${json}${time}`;
  const outputs_json = job.outputs_json === null ? `{${entry}}` : `${job.outputs_json.slice(0, -1)},${entry}}`;
  return utf8Bytes(outputs_json) > MAX_ROW_OUTPUTS_BYTES ? undefined : { ...job, outputs_json };
}

/** What of the job's outputs remains for the paths that are kept. */
export const keptOutputs = (job: Holder, isKept: (path: string) => boolean): string | null =>
  write(Object.entries(read(job)).filter(([key]) => isKept(pathOf(key))));

export function withoutSmallOutputs<Held extends Holder>(job: Held, isGone: (path: string) => boolean): Held {
  const outputs = Object.entries(read(job));
  const kept = outputs.filter(([key]) => !isGone(pathOf(key)));
  return kept.length === outputs.length ? job : { ...job, outputs_json: write(kept) };
}
