import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestHarness } from "wrangler";
import { compareWithList, REVISIONS } from "./suite.ts";

describe("a server with the suite's fixtures under the official conformance suite", () => {
  const harness = createTestHarness({
    root: import.meta.dirname,
    workers: [{ configPath: "worker/wrangler.toml" }],
  });
  let endpoint = "";
  beforeAll(async () => {
    const { url } = await harness.listen();
    endpoint = new URL("/mcp", url).href;
  });
  afterAll(() => harness.close());

  it.each(REVISIONS)("of %s fails exactly the checks that the list explains", async (revision) => {
    const found = await compareWithList(endpoint, revision, `fixtures-${revision}.yml`);
    expect(found).toEqual({ unexpected: [], stale: [] });
  });
});
