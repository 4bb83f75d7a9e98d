import { randomUUID } from "node:crypto";

/** Jobs in a Map, gone with the process: the least that a server on Node can do. */
const jobs = new Map();

export function submit() {
  const job = { id: randomUUID(), status: "queued", submitted_at: new Date().toISOString(), text: "x".repeat(700) };
  jobs.set(job.id, job);
  return job;
}

export const find = (id) => jobs.get(id) ?? null;
