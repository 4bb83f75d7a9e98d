import { vi } from "vitest";
import { seeded } from "../../../tooling/random.ts";

/** 32 bytes that are the same for the same text, and other ones for another. */
function fingerprint(data: Uint8Array): ArrayBuffer {
  // FNV-1a
  const hash = data.reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193), 0x811c9dc5);
  const random = seeded(hash);
  return Uint8Array.from({ length: 32 }, () => random() * 256).buffer;
}

/** Digests that are there at once: the platform's own take real time, for which simulated time does not wait. */
export const simulatedDigests = () =>
  vi
    .spyOn(crypto.subtle, "digest")
    .mockImplementation(async (_algorithm, data) => fingerprint(new Uint8Array(data as ArrayBuffer)));
