import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Page } from "../../src/registry/api/caller.ts";
import { mergePages } from "../../src/service/merge-pages.ts";

interface Row {
  id: string;
  /** Whether the listing's filter takes it. */
  fits: boolean;
}

/** Rows of unique ids in some shards, each newest first. */
const shards = fc
  .uniqueArray(fc.record({ id: fc.integer({ min: 100, max: 999 }), fits: fc.boolean(), shard: fc.nat({ max: 4 }) }), {
    selector: ({ id }) => id,
    maxLength: 60,
  })
  .map((rows) => {
    const sorted = rows.toSorted((a, b) => b.id - a.id).map((row) => ({ ...row, id: `job_${row.id}` }));
    return [0, 1, 2, 3, 4].map((shard) => sorted.filter((row) => row.shard === shard));
  });

/** As one shard answers: it looks at no more than `scan` rows. */
function pageOf(rows: readonly Row[], after: string | null, limit: number, scan: number): Page<{ id: string }> {
  const jobs: { id: string }[] = [];
  let last: string | null = null;
  for (const [looked, row] of rows.filter(({ id }) => after === null || id < after).entries()) {
    if (jobs.length === limit || looked === scan) return { jobs, next_after: last };
    if (row.fits) jobs.push({ id: row.id });
    last = row.id;
  }
  return { jobs, next_after: null };
}

const newestFirst = (rows: readonly Row[]): string[] =>
  rows
    .filter(({ fits }) => fits)
    .map(({ id }) => id)
    .sort()
    .reverse();

describe("merged pages", () => {
  it("give every row once, in the order of one listing, whatever the limit and wherever shards stop looking", () => {
    fc.assert(
      fc.property(shards, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (rows, limit, scan) => {
        const seen: string[] = [];
        let after: string | null = null;
        do {
          const page: Page<{ id: string }> = mergePages(
            rows.map((each) => pageOf(each, after, limit, scan)),
            limit,
          );
          expect(page.jobs.length).toBeLessThanOrEqual(limit);
          seen.push(...page.jobs.map(({ id }) => id));
          after = page.next_after;
        } while (after !== null);
        expect(seen).toEqual(newestFirst(rows.flat()));
      }),
    );
  });

  it("are full as long as there is more, where no shard stops early", () => {
    fc.assert(
      fc.property(shards, fc.integer({ min: 1, max: 9 }), (rows, limit) => {
        const page = mergePages(
          rows.map((each) => pageOf(each, null, limit, Number.POSITIVE_INFINITY)),
          limit,
        );
        expect(page.jobs.map(({ id }) => id)).toEqual(newestFirst(rows.flat()).slice(0, limit));
      }),
    );
  });

  it("show nothing below the row where a shard stopped looking", () => {
    const pages = [
      { jobs: [], next_after: "job_5" },
      { jobs: [{ id: "job_7" }, { id: "job_3" }], next_after: null },
    ];
    expect(mergePages(pages, 10)).toEqual({ jobs: [{ id: "job_7" }], next_after: "job_5" });
  });

  it("of one shard are that shard's page", () => {
    const page = { jobs: [{ id: "job_7" }, { id: "job_3" }], next_after: "job_1" };
    expect(mergePages([page], 2)).toEqual(page);
  });
});
