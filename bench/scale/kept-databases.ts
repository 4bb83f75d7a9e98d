import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Databases that are filled once and serve the runs of a day: to make a million jobs, and their index of texts, takes
 * longer than to measure them. What a run adds it takes away again; one that ended in its middle leaves nothing to go on with.
 */

const ROOT = join(import.meta.dirname, "../..");
/** In git's eyes nothing. */
const CACHE = join(ROOT, "bench/.cache");
/** Jobs are of the last four weeks, and are purged when they are older than a month. */
const MOST_AGE_MS = 86_400_000;
/** What the rows are made by: with other tables, or another way to fill them, they are made anew. */
const MADE_BY = ["src/registry/storage/migrations", "tooling/workerd/scale", "bench/scale"];

interface Note<T> {
  key: string;
  filledAt: number;
  /** What was found when they were filled. */
  found: T;
}

function keyOf(jobs: number): string {
  const hash = createHash("sha256").update(String(jobs));
  for (const folder of MADE_BY) {
    for (const file of readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).sort()) {
      if (file.endsWith(".ts")) hash.update(file).update(readFileSync(join(ROOT, folder, file)));
    }
  }
  return hash.digest("hex");
}

/**
 * @param fill makes the databases in the folder, which is empty
 * @param use measures them, and leaves them as they were
 * @param now epoch ms
 */
export async function withKeptDatabases<Found, T>(
  jobs: number,
  now: number,
  fill: (folder: string) => Promise<Found>,
  use: (folder: string, found: Found) => Promise<T>,
): Promise<T> {
  const folder = join(CACHE, `jobs-${jobs}`);
  const file = join(folder, "note.json");
  const kept: Note<Found> | undefined = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  const key = keyOf(jobs);
  let note = kept?.key === key && now - kept.filledAt < MOST_AGE_MS ? kept : undefined;
  // Until all is as it was, there is nothing to go on with.
  rmSync(file, { force: true });
  if (note === undefined) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    note = { key, filledAt: now, found: await fill(folder) };
  }
  const used = await use(folder, note.found);
  writeFileSync(file, JSON.stringify(note));
  return used;
}
