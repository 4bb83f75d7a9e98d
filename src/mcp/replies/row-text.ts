import type { JobRow } from "../../jobs/view.ts";
import { echo } from "../../lib/safe-text.ts";

export const percent = (progress: number): string => `${Math.round(progress * 100)} %`;

export function rowText(row: JobRow): string {
  const error = row.error === null ? "" : ` | ${echo(row.error)}`;
  return `${row.id} | ${row.status} ${percent(row.progress)} | ${echo(row.name)} | ${row.blueprint} | ${row.submitted_at}${error}`;
}
