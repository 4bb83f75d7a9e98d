import { createHash } from "node:crypto";
import { type Focus, runOf } from "../run.ts";

/** What looks like chance and is the same at every resume and attempt of the job: digests of where it is asked. */

const digest = (...parts: readonly string[]): Buffer => createHash("sha256").update(JSON.stringify(parts)).digest();

const TWO_TO_48 = 2 ** 48;

/** `$random()`: from 0 to below 1, another one at each call of an evaluation. */
export function random(this: Focus): number {
  const run = runOf(this);
  run.draws += 1;
  return digest("random", run.place, `${run.draws}`).readUIntBE(0, 6) / TWO_TO_48;
}

/** `$uuid(seed)`: one for each seed of a step. Version 8 of RFC 9562: its bits are ours. */
export function uuid(this: Focus, seed: string | undefined): string | undefined {
  if (seed === undefined) return undefined;
  const bytes = digest("uuid", runOf(this).step, seed).subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
