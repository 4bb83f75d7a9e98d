import { afterEach, describe, expect, it, vi } from "vitest";
import { recorder } from "../../../src/mcp/protocol/metrics.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("recorder", () => {
  it("writes one data point and one JSON line", () => {
    const points: AnalyticsEngineDataPoint[] = [];
    const lines: string[] = [];
    vi.spyOn(console, "log").mockImplementation((line: string) => lines.push(line));
    const record = recorder({ writeDataPoint: (point) => points.push(point ?? {}) });
    record({
      name: "jobs_list",
      outcome: "crash",
      ms: 12,
      era: "modern",
      tenant: "acme",
      key_id: "key_1",
      job_id: null,
      actor: "key_1",
      reference: "r",
      error: "boom",
    });
    expect(points).toEqual([{ indexes: ["jobs_list"], blobs: ["jobs_list", "crash", "modern"], doubles: [12] }]);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        event: "mcp_call",
        name: "jobs_list",
        outcome: "crash",
        ms: 12,
        era: "modern",
        tenant: "acme",
        key_id: "key_1",
        job_id: null,
        actor: "key_1",
        reference: "r",
        error: "boom",
      },
    ]);
  });
});
