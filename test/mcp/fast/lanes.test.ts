import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { authenticate } from "../../../src/auth/authenticate.ts";
import { refusalResponse } from "../../../src/auth/refusal.ts";
import type { Env } from "../../../src/env.ts";
import { serveMcp } from "../../../src/mcp/endpoint.ts";
import { recognise } from "../../../src/mcp/fast/recognise.ts";
import { aKey, NOW, SECRET } from "../../auth/keys.ts";
import { setting } from "../../support/setting.ts";
import { jobIdOf, jobStatus, type World, world } from "../support.ts";
import { ENVELOPES, modernCall, modernList, type Sent, sent } from "./requests.ts";

const REQUESTS = setting("LANES");
const SEED = setting("SEED");

const FOREIGN = "another secret of the tests, 32 characters or more";

const CREDENTIALS: { [name: string]: string } = {
  good: await aKey({ tenant: "local" }),
  reader: await aKey({ tenant: "local", scopes: ["jobs:read"] }),
  expired: await aKey({ tenant: "local", expires_at: NOW - 1 }),
  foreign: await aKey({ tenant: "local" }, FOREIGN),
  nonsense: "ej1_x",
};

const LOST = new Error("lost");

/** Jobs of every sort, and one of them with everything that a status can hold. */
async function aWorld(isBroken: boolean): Promise<World> {
  const made = world();
  const { registry } = made;
  const question = {
    request_id: "q1",
    step: "ask",
    message: "Go?",
    schema: {},
    expires_at: "2026-11-21T12:00:00.000Z",
  };
  const event = { seq: 1, at: "2026-11-20T12:00:00.000Z", type: "accepted" as const, step: null, message: null };
  const jobs = [
    jobStatus({ id: jobIdOf(1), status: "queued", started_at: null }),
    jobStatus({
      id: jobIdOf(2),
      status: "succeeded",
      result: { text: "é\u2028</script>", n: [1, null] },
      poll_after_ms: 0,
    }),
    jobStatus({ id: jobIdOf(3), status: "failed", error: "HTTP 500", error_code: "http_status", metadata: { "": [] } }),
    jobStatus({ id: jobIdOf(4), status: "input_required", input_requests: [question], events: [event], steps: [] }),
  ];
  for (const job of jobs) registry.jobs.set(job.id, job);
  registry.gone.set(jobIdOf(5), jobStatus({ id: jobIdOf(5), status: "succeeded", poll_after_ms: 0 }));
  if (isBroken) registry.broken = { status: LOST, submit: LOST };
  return made;
}

/** Each read once, as a Worker's are. */
const [OPEN, LOCKED] = [{} as Env, { AUTH_SECRET: SECRET } as Env];

/** The request through auth and one of the lanes, as the Worker's own composition does it. */
async function serve({ deps }: World, { url, headers, body }: Sent, look: typeof recognise): Promise<Response> {
  const isLocal = headers.some(([name, value]) => name === "authorization" && value === "local");
  const all = headers.map(([name, value]): [string, string] =>
    name === "authorization" ? [name, `Bearer ${CREDENTIALS[value] ?? value}`] : [name, value],
  );
  const request = new Request(url, { method: "POST", headers: all, body });
  const env = isLocal ? OPEN : LOCKED;
  const principal = await authenticate(request, new URL(url), env, NOW);
  if (!principal.ok) return refusalResponse(principal.error, request, deps.log);
  const home = `${new URL(url).origin}/`;
  return serveMcp(request, { ...deps, ...principal.value, home }, { recognise: look });
}

const onTheWire = async (response: Response) => ({
  status: response.status,
  headers: [...response.headers].sort(),
  body: await response.text(),
});

describe("the fast lane", () => {
  it(`answers ${REQUESTS} generated requests, valid and not, byte for byte as the SDK does`, async () => {
    const taken = { tool: 0, task: 0, static: 0 };
    const eras = { legacy: 0, modern: 0 };
    const look: typeof recognise = (request, body) => {
      const call = recognise(request, body);
      if (call !== undefined) {
        taken[call.kind] += 1;
        eras[call.era] += 1;
      }
      return call;
    };
    const same = fc.asyncProperty(sent, fc.integer({ min: 0, max: 19 }), async (request, luck) => {
      const [fast, slow] = [await aWorld(luck === 0), await aWorld(luck === 0)];
      // Twice: the second submit with a key is a repetition.
      for (let time = 0; time < 2; time++) {
        const byFast = await onTheWire(await serve(fast, request, look));
        expect(byFast).toEqual(await onTheWire(await serve(slow, request, () => undefined)));
      }
      expect(fast.measured).toEqual(slow.measured);
      expect(fast.registry.requests).toEqual(slow.registry.requests);
    });
    await fc.assert(same, { numRuns: REQUESTS, seed: SEED });
    console.log(`${REQUESTS} requests, by the fast lane: ${JSON.stringify({ ...taken, ...eras })}`);
    // Else the lanes were hardly compared.
    expect(Math.min(eras.legacy, eras.modern, taken.tool, taken.static)).toBeGreaterThan(REQUESTS / 20);
    expect(taken.task).toBeGreaterThan(REQUESTS / 250);
  }, 120_000);

  it.each(ENVELOPES.map((meta) => [JSON.stringify(meta), meta] as const))(
    "with _meta %s answers as the SDK does",
    async (_, meta) => {
      for (const request of [
        modernCall("jobs_get_status", { job_id: jobIdOf(2) }, meta),
        modernCall("jobs_submit_blueprint", { blueprint: "double", input: { n: 1 } }, meta),
        modernCall("jobs_wait", { job_ids: [jobIdOf(2)], timeout_seconds: 20 }, meta),
        modernCall("jobs_list", {}, meta),
        modernList("tools/list", meta),
        modernList("server/discover", meta),
      ]) {
        const byFast = await onTheWire(await serve(await aWorld(false), request, recognise));
        expect(byFast).toEqual(await onTheWire(await serve(await aWorld(false), request, () => undefined)));
      }
    },
  );

  it("says of each deployment where it is, although it keeps what it said before", async () => {
    for (const origin of ["http://localhost", "https://jobs.example.com", "http://localhost"]) {
      const { headers, ...rest } = modernList("server/discover", ENVELOPES[0] ?? {});
      const host = new URL(origin).host;
      const request: Sent = {
        ...rest,
        url: `${origin}/mcp`,
        headers: headers.map(([name, value]) => [name, name === "host" ? host : value]),
      };
      const { body } = await onTheWire(await serve(await aWorld(false), request, recognise));
      expect(body).toContain(`"websiteUrl":"${origin}/"`);
    }
  });
});
