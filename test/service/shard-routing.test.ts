import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { type Env, readSettings } from "../../src/env.ts";
import { jobsSubmitBlueprint } from "../../src/mcp/tools/jobs-submit-blueprint.ts";
import {
  deployment,
  IN_TIME,
  newestFirst,
  pagesOf,
  shardOf,
  submit,
  submitMany,
  submitted,
} from "../mcp/deployment.ts";
import { callTool, modern } from "../mcp/support.ts";

const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

describe("REGISTRY_SHARDS", () => {
  const shards = (value?: unknown) => readSettings({ ...env, REGISTRY_SHARDS: value } as Env).shards;

  it("is 1 when nothing is said, and takes the powers of two up to 64", () => {
    expect([shards(), shards("1"), shards("4"), shards(16), shards("64")]).toEqual([1, 1, 4, 16, 64]);
  });

  it.each(["", "0", "3", "128", "-4", "4.0", "four"])("is refused by name when it is %j", (value) => {
    expect(() => shards(value)).toThrow(/must be one of 1, 2, 4, 8, 16, 32, 64\n.*REGISTRY_SHARDS/);
  });
});

describe("submits without a key", () => {
  /** 30 for each of 16 shards. */
  const SUBMITS = 480;

  it.each([4, 16])(
    "are spread evenly over %i shards",
    async (shards) => {
      const deps = deployment().worker(shards);
      const args = { blueprint: "double", input: { n: 1 }, run_at: IN_TIME };
      const counts = times(shards, () => 0);
      for (let n = 0; n < SUBMITS; n += 40) {
        const submits = times(40, () =>
          jobsSubmitBlueprint.call(args, deps, { isTold: false, signal: new AbortController().signal }),
        );
        for (const outcome of await Promise.all(submits)) {
          const shard = outcome.ok ? shardOf(String(outcome.value.structured.id)) : -1;
          counts[shard] = (counts[shard] ?? 0) + 1;
        }
      }
      const expected = SUBMITS / shards;
      expect(counts).toHaveLength(shards);
      const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      // An even choice exceeds this once in a thousand seeds.
      expect(chiSquare).toBeLessThan({ 4: 16.3, 16: 37.7 }[shards] ?? 0);
    },
    30_000,
  );
});

describe.each([1, 4, 16])("with %i shards", (shards) => {
  it("a status is one call of one object, as a submit without a key is", async () => {
    const { worker, calls } = deployment();
    const id = await submitted(worker(shards));
    expect(calls()).toEqual([`${shardOf(id)} submit`]);
    const { structured } = await callTool(worker(shards), "jobs_get_status", { job_id: id });
    expect([structured.id, calls()]).toEqual([id, [`${shardOf(id)} status`]]);
  });

  it("jobs_list is newest first over all of them, in full pages", async () => {
    const deps = deployment().worker(shards);
    const ids = await submitMany(deps, 50);
    const pages = await pagesOf(deps, { limit: 7 });
    expect(pages.map(({ length }) => length)).toEqual([7, 7, 7, 7, 7, 7, 7, 1]);
    expect(pages.flat()).toEqual(newestFirst(ids));
  });

  it("jobs_list under concurrent submits skips and repeats nothing that was there before", async () => {
    const deps = deployment().worker(shards);
    const before = await Promise.all(times(40, () => submitted(deps)));
    const more = () => Promise.all(times(5, () => submitted(deps)));
    const [pages] = await Promise.all([pagesOf(deps, { limit: 6 }, more), more()]);
    const seen = pages.flat();
    expect(seen).toEqual(newestFirst(new Set(seen)));
    expect(seen.filter((id) => before.includes(id))).toEqual(newestFirst(before));
  });

  it("jobs_list finds what its filters ask for in every shard", async () => {
    const deps = deployment().worker(shards);
    const ids = await submitMany(deps, 12);
    expect(await pagesOf(deps, { metadata: { n: 7 } })).toEqual([[ids[7]]]);
    const filters = { status: ["queued", "failed"], blueprint: "double", limit: 5 };
    expect((await pagesOf(deps, filters)).flat()).toEqual(newestFirst(ids));
    expect(await pagesOf(deps, { status: "failed" })).toEqual([[]]);
  });

  it("the recent jobs of every shard are listed as resources and complete ids", async () => {
    const deps = deployment().worker(shards);
    const ids = newestFirst(await submitMany(deps, 8));
    const { body } = await modern(deps, "resources/list");
    const { resources } = body.result as { resources: { uri: string }[] };
    const uris = resources.map(({ uri }) => uri).filter((uri) => uri.startsWith("job://"));
    expect(uris).toEqual(ids.map((id) => `job://${id}`));
    const ref = { type: "ref/resource", uri: "job://{job_id}" };
    const completed = await modern(deps, "completion/complete", { ref, argument: { name: "job_id", value: "job_" } });
    expect(completed.body.result).toMatchObject({ completion: { values: ids } });
  });

  it("one key makes one job, however many submits of it come at the same time", async () => {
    const deps = deployment().worker(shards);
    const results = await Promise.all(times(10, () => submit(deps, { idempotency_key: "k" })));
    expect(new Set(results.map(({ structured }) => structured.id)).size).toBe(1);
    expect(results.filter(({ structured }) => structured.deduplicated === false)).toHaveLength(1);
    expect((await pagesOf(deps, {})).flat()).toHaveLength(1);
  });
});
