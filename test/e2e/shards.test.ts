import { expect, it } from "vitest";
import { parseJobId } from "../../src/jobs/id.ts";
import { callTool, connectAuto } from "../support/clients.ts";
import { useServer } from "../support/server.ts";

const server = useServer({ REGISTRY_SHARDS: "4" });

const JOBS = 16;
const steps = [{ id: "twice", type: "transform", value: "{% $input.n * 2 %}" }];
/** A child lies in its parent's shard. */
const parent = {
  name: "parent",
  steps: [{ id: "kid", type: "job", blueprint: { name: "kid", steps }, input: { n: 1 } }],
};

it("real jobs run in four shards: one wait for all, one list of all, one job for a key, a child beside its parent", async () => {
  const client = await connectAuto(`${server().url}/mcp`);
  try {
    const call = async (name: string, args: object) => (await callTool(client, name, { ...args })).structured;
    const submit = (n: number) =>
      call("jobs_submit_blueprint", { blueprint: { name: "twice", steps }, input: { n }, idempotency_key: `key ${n}` });
    const submits = await Promise.all(Array.from({ length: JOBS }, (_, n) => submit(n)));
    const ids = submits.map(({ id }) => String(id));
    expect(new Set(ids.map((id) => parseJobId(id)?.shard))).toEqual(new Set([0, 1, 2, 3]));

    const waited = await call("jobs_wait", { job_ids: ids, timeout_seconds: 50 });
    expect(waited).toMatchObject({ timed_out: false, jobs: ids.map((id) => ({ id, status: "succeeded" })) });
    expect(await call("jobs_get_status", { job_id: ids[7] })).toMatchObject({ result: { value: 14 } });
    expect(await submit(7)).toMatchObject({ id: ids[7], deduplicated: true });

    const { id } = await call("jobs_submit_blueprint", { blueprint: parent, wait_seconds: 50 });
    const { jobs } = await call("jobs_list", { limit: 100 });
    const listed = jobs as { id: string; status: string; parent_id: string | null }[];
    expect(listed.map((job) => job.id)).toEqual(
      listed
        .map((job) => job.id)
        .toSorted()
        .toReversed(),
    );
    expect(listed).toHaveLength(JOBS + 2);
    expect(listed.every(({ status }) => status === "succeeded")).toBe(true);
    const child = listed.find(({ parent_id }) => parent_id === id);
    expect(parseJobId(child?.id ?? "")?.shard).toBe(parseJobId(String(id))?.shard);
  } finally {
    await client.close();
  }
});

it("jobs of all shards see one store: one of them takes the lock, and all read who", async () => {
  const client = await connectAuto(`${server().url}/mcp`);
  try {
    const count = {
      name: "count",
      steps: [
        { id: "lock", type: "store", key: "lock", value: "{% $job.id %}", if: "absent" },
        { id: "read", type: "store", key: "lock" },
      ],
      output: { took: "{% $steps.lock.stored %}", holder: "{% $steps.read.value %}", me: "{% $job.id %}" },
    };
    const submits = await Promise.all(
      Array.from({ length: JOBS }, () => callTool(client, "jobs_submit_blueprint", { blueprint: count })),
    );
    const job_ids = submits.map(({ structured }) => String(structured.id));
    const { structured } = await callTool(client, "jobs_wait", { job_ids, timeout_seconds: 50 });
    const results = (structured.jobs as { result: { took: boolean; holder: string; me: string } }[]).map(
      ({ result }) => result,
    );
    const [winner, ...others] = results.filter(({ took }) => took);
    expect(others).toEqual([]);
    expect(new Set(results.map(({ holder }) => holder))).toEqual(new Set([winner?.me]));
  } finally {
    await client.close();
  }
});

it("steps wait for events of all shards, each for its own, and no person can answer them", async () => {
  const client = await connectAuto(`${server().url}/mcp`);
  try {
    const call = async (name: string, args: object) => (await callTool(client, name, { ...args })).structured;
    const event = { name: "parcel.arrived", when: "{% $event.data.parcel = $item %}" };
    const row = [{ id: "parcel", type: "input", event, timeout: "5 minutes" }];
    const parcels = Array.from({ length: 8 }, (_, n) => `p${n}`);
    const each = { id: "each", type: "map", over: parcels, concurrency: 8, steps: row };
    const waiting = { name: "await-parcels", steps: [each], output: "{% $steps.each.content.shelf %}" };
    const { id } = await call("jobs_submit_blueprint", { blueprint: waiting });
    const status = async () => call("jobs_get_status", { job_id: id });
    await expect
      .poll(status, { timeout: 20_000 })
      .toMatchObject({ status: "running", message: "waits for the event parcel.arrived" });
    expect(await status()).not.toHaveProperty("input_requests");
    const answer = { job_id: id, request_id: "each[0].parcel", action: "accept", content: {} };
    // All eight wait when one of the last is known to.
    await expect
      .poll(async () => (await callTool(client, "jobs_respond", { ...answer, request_id: "each[7].parcel" })).text)
      .toContain("is answered by an event parcel.arrived, and by no person");
    const told = await callTool(client, "jobs_respond", answer);
    expect(told).toMatchObject({ isError: true, text: expect.stringContaining("jobs_cancel") });

    const tell = {
      name: "tell-parcel",
      steps: [{ id: "tell", type: "emit", event: "parcel.arrived", data: "{% $input %}" }],
    };
    const tellings = await Promise.all(
      parcels.map((parcel, n) =>
        call("jobs_submit_blueprint", {
          blueprint: tell,
          input: { parcel, shelf: n },
          idempotency_key: `parcel ${n}`,
        }),
      ),
    );
    expect(new Set(tellings.map((each) => parseJobId(String(each.id))?.shard)).size).toBeGreaterThan(1);
    await call("jobs_wait", { job_ids: [id], timeout_seconds: 50 });
    expect(await status()).toMatchObject({ status: "succeeded", result: { value: parcels.map((_, n) => n) } });
  } finally {
    await client.close();
  }
});

it("jobs of all shards share the slots of one key: no more run at once than it says, and all have run", async () => {
  const client = await connectAuto(`${server().url}/mcp`);
  try {
    const call = async (name: string, args: object) => (await callTool(client, name, { ...args })).structured;
    const rest = { id: "rest", type: "sleep", for: "1 second" };
    const blueprint = { name: "limited", concurrency: { limit: 2, key: "shared" }, steps: [rest] };
    const submits = await Promise.all(Array.from({ length: 8 }, () => call("jobs_submit_blueprint", { blueprint })));
    const ids = submits.map(({ id }) => String(id));
    expect(new Set(ids.map((id) => parseJobId(id)?.shard)).size).toBeGreaterThan(1);
    await call("jobs_wait", { job_ids: ids, timeout_seconds: 50 });
    const jobs = await Promise.all(ids.map((job_id) => call("jobs_get_status", { job_id })));
    expect(jobs.map(({ status }) => status)).toEqual(ids.map(() => "succeeded"));
    const spans = jobs.map(({ started_at, completed_at }) => [String(started_at), String(completed_at)] as const);
    const atOnce = spans.map(([at]) => spans.filter(([from, to]) => from <= at && at < to).length);
    expect(Math.max(...atOnce)).toBe(2);
  } finally {
    await client.close();
  }
});
