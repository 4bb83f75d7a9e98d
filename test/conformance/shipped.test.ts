import { describe, expect, it } from "vitest";
import { useServer } from "../support/server.ts";
import { compareWithList, REVISIONS } from "./suite.ts";

describe("the shipped server under the official conformance suite", () => {
  const server = useServer();

  it.each(REVISIONS)("of %s fails exactly the checks that the list explains", async (revision) => {
    const found = await compareWithList(`${server().url}/mcp`, revision, `shipped-${revision}.yml`);
    expect(found).toEqual({ unexpected: [], stale: [] });
  });
});
