import type { Migration } from "./migration.ts";

/** Jobs found by their text (TEXT_SEARCH). */
export const JOB_TEXTS: Migration = {
  id: "0023_job_texts",
  sql: `
    -- How far \`job_texts\` goes: it has the text of every job up to this number, and perhaps of some that have changed since.
    -- No row: it is empty. Written by the alarm.
    CREATE TABLE job_texts_end (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      number INTEGER NOT NULL
    ) STRICT;
    -- What a listing by text looks through, of the jobs up to there, by job_number: name, description, metadata and error.
    -- Written by the alarm, and with a job whose text changes after that; deleted with the job, and when TEXT_SEARCH is off.
    CREATE VIRTUAL TABLE job_texts USING fts5(text, content='', contentless_delete=1, detail=none, tokenize='trigram');
  `,
};
