import { describe, expect, it } from "vitest";
import { iso, isoOrNull } from "../../src/lib/time.ts";
import { T0 } from "../support/jobs.ts";

describe("a time on the wire", () => {
  it("is ISO 8601 in UTC with milliseconds", () => {
    expect(iso(T0)).toBe("2026-11-01T00:00:00.000Z");
    expect(isoOrNull(T0 + 7)).toBe("2026-11-01T00:00:00.007Z");
  });

  it("is null where there is none", () => {
    expect(isoOrNull(null)).toBeNull();
  });
});
