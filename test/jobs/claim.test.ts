import { describe, expect, it } from "vitest";
import { decodeClaim, encodeClaim } from "../../src/jobs/claim.ts";
import { toBase64Url } from "../../src/lib/base64url.ts";

const foreign = (value: unknown): string => toBase64Url(new TextEncoder().encode(JSON.stringify(value)));

describe("a claim", () => {
  it("comes back as it was", () => {
    const ref = { job_id: "job_1", path: "rows[3].hash", token: 7 };
    expect(decodeClaim(encodeClaim(ref))).toEqual(ref);
  });

  it.each(["", "%%%", "bm8", foreign({}), foreign(["a", "b"]), foreign([1, "b", 1]), foreign(["a", "b", 1.5])])(
    "is not %j",
    (text) => {
      expect(decodeClaim(text)).toBeUndefined();
    },
  );
});
