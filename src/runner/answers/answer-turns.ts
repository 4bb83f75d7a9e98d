import { Turns } from "../../lib/thread/thread-turns.ts";
import { LARGE_ANSWER_BYTES } from "../../limits.ts";

const turns = new Turns();

/**
 * Before a piece of work on an answer of so many bytes: to read, redact or store a large one takes tens of milliseconds,
 * and many may come at once. Those of this process go one after the other, each tenant's in turn.
 * @param goesOn with one that was read, and takes many times its bytes until it is stored
 */
export async function answerTurn(tenant: string, bytes: number, goesOn = false): Promise<void> {
  if (bytes >= LARGE_ANSWER_BYTES) await turns.next(tenant, goesOn);
}
