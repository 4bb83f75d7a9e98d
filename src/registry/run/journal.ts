import type { Job } from "../../jobs/job.ts";
import { utf8Bytes } from "../../lib/json.ts";
import { MAX_JOURNAL_BYTES } from "../../limits.ts";
import type { JournalPage } from "../api/caller.ts";
import type { Values } from "../storage/values.ts";

/**
 * A page of what is finished, so that a run that goes on asks of none of these steps how it ended.
 * @param from the step that the page begins with; null: the first
 */
export function journalPage(values: Values, job: Job, from: string | null): JournalPage {
  const ended = Object.entries(job.run.steps).flatMap(([id, state]) => (state.completed_at === null ? [] : [id]));
  const outputs: JournalPage["outputs"] = [];
  let bytes = 0;
  for (const path of ended.slice(from === null ? 0 : ended.indexOf(from))) {
    const json = values.json(job, path);
    if (json === undefined) continue;
    bytes += utf8Bytes(json);
    if (bytes > MAX_JOURNAL_BYTES) return { outputs, next: path };
    outputs.push([path, JSON.parse(json)]);
  }
  return { outputs, next: null };
}
