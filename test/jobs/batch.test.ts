import { describe, expect, it } from "vitest";
import { batchIdOf, placeOfBatch } from "../../src/jobs/batch.ts";
import { ID_ENTROPY_BYTES, newJobId } from "../../src/jobs/id.ts";

const idAt = (now: number, byte: number) => newJobId(now, new Uint8Array(ID_ENTROPY_BYTES).fill(byte), 7);

describe("a batch", () => {
  it("is found by the shard and the moment that its id says", () => {
    const place = placeOfBatch(batchIdOf(idAt(1_000, 5)));
    expect(place?.shard).toBe(7);
    for (const byte of [0, 5, 255]) {
      expect(idAt(1_000, byte) >= (place?.floor ?? "") && idAt(1_000, byte) < (place?.end ?? "")).toBe(true);
      for (const other of [999, 1_001]) {
        const id = idAt(other, byte);
        expect(id >= (place?.floor ?? "") && id < (place?.end ?? "")).toBe(false);
      }
    }
  });

  it.each(["", "batch_", "batch_x", idAt(1, 1), `batch_${idAt(1, 1)}`])("is not %j", (text) => {
    expect(placeOfBatch(text)).toBeUndefined();
  });
});
