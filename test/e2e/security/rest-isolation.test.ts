import pMap from "p-map";
import { beforeAll, describe, expect, inject, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { keyOf } from "../../../tooling/fuzz/tenants.ts";
import { type RestRoute as Route, restCall, routesOf } from "../../../tooling/rest.ts";
import { type Belongings, seenByOwner, settleIn } from "../../support/belongings.ts";
import {
  guessedBatch,
  guessedId,
  type Owned,
  type Recipe,
  SPELLINGS,
  TOOL_RECIPES,
  unlike,
} from "../../support/probes.ts";

/** Every route, asked for another tenant's things. What the tools ask is asked here too, argument by argument. */

const OTHER_RECIPES: Record<string, Recipe> = {
  jobs_stream: { job: (job_id) => [{ job_id }] },
  events_stream: { job: (job_id) => [{ job_id, cursor: "ev1_0" }] },
  // A secret has a name that everybody may choose: tenant-secrets.test.ts asks for another's.
  secrets_list: {},
  secrets_set: {},
  secrets_delete: {},
  metrics_read: {},
  subscriptions_list: {},
  subscriptions_deliveries: {},
  subscriptions_replay: {},
  subscriptions_delete: {},
  triggers_ledger: { trigger: (name) => [{ name }] },
  keys_list: {},
  keys_revoke: {},
  audit_read: {},
};
const CONCURRENCY = 16;
const TOLD = ["content-type", "www-authenticate", "cache-control", "retry-after", "location"];

interface Caller extends Belongings {
  key: string;
}

const recipeOf = ({ operation }: Route): Recipe | undefined => TOOL_RECIPES[operation] ?? OTHER_RECIPES[operation];

describe("two tenants over REST", () => {
  let url: string;
  let routes: Route[];
  let attacker: Caller;
  let victim: Caller;

  beforeAll(async () => {
    const { url: place, secret } = inject("shared");
    url = place;
    routes = await routesOf(url);
    const settle = async (name: string): Promise<Caller> => {
      const tenant = `${name}-${crypto.randomUUID().slice(0, 8)}`;
      return { ...(await settleIn(url, tenant, secret)), key: await keyOf(tenant, secret) };
    };
    [attacker, victim] = await Promise.all([settle("rest-a"), settle("rest-b")]);
  });

  async function ask(route: Route, args: JsonObject, { key }: Pick<Caller, "key">) {
    const { method, path, body } = restCall(route, args);
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const reader = response.body?.getReader();
    // Of a stream the first part says enough.
    const isStream = response.headers.get("content-type") === "text/event-stream";
    const text = isStream ? new TextDecoder().decode((await reader?.read())?.value) : "";
    const rest = isStream ? await reader?.cancel().then(() => "") : new TextDecoder().decode(await whole(reader));
    const headers = TOLD.map((name) => response.headers.get(name));
    return {
      status: response.status,
      bytes: JSON.stringify([response.status, headers, `${text}${rest}`.replaceAll(": keep-alive\n\n", "")]),
    };
  }

  async function whole(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read())
      parts.push(part.value);
    return Buffer.concat(parts);
  }

  it("have a recipe for every route", () => {
    expect(routes.filter((route) => recipeOf(route) === undefined).map(({ operation }) => operation)).toEqual([]);
  });

  it.each<[Owned, (of: Caller) => string[], (target: string) => string]>([
    ["job", ({ jobs }) => jobs, guessedId],
    ["batch", ({ batch }) => [batch], guessedBatch],
    ["blueprint", ({ blueprint }) => [blueprint], unlike],
    ["trigger", ({ trigger }) => [trigger], unlike],
    ["cursor", ({ cursors }) => cursors, (cursor) => cursor.replace(/^.{8}/, "AAAAAAAA")],
  ])("cannot tell another's %s from none, and change nothing of it", async (kind, targetsOf, nothing) => {
    const before = await seenByOwner(victim);
    const probes = routes.flatMap((route) =>
      targetsOf(victim).flatMap((target) =>
        SPELLINGS.flatMap((spell) => {
          const [foreign, unknown] = [spell(target), spell(nothing(target))];
          const unknownArgs = recipeOf(route)?.[kind]?.(unknown) ?? [];
          return (recipeOf(route)?.[kind]?.(foreign) ?? []).map((args, i) => {
            return { route, foreign, unknown, args, unknownArgs: unknownArgs[i] ?? args };
          });
        }),
      ),
    );
    expect(probes.length).toBeGreaterThan(5);
    const leaks = await pMap(
      probes,
      async ({ route, foreign, unknown, args, unknownArgs }) => {
        const [got, expected] = [await ask(route, args, attacker), await ask(route, unknownArgs, attacker)];
        const masked = [
          got.bytes.replaceAll(foreign.trim(), "<target>"),
          expected.bytes.replaceAll(unknown.trim(), "<target>"),
        ];
        return masked[0] === masked[1]
          ? []
          : [{ operation: route.operation, args, got: masked[0], expected: masked[1] }];
      },
      { concurrency: CONCURRENCY },
    );
    expect(leaks.flat().slice(0, 3)).toEqual([]);
    expect(await seenByOwner(victim)).toEqual(before);
  });

  it("list nothing of each other", async () => {
    for (const route of routes.filter(({ method, path }) => method === "GET" && !path.includes("{"))) {
      const { bytes } = await ask(route, {}, attacker);
      for (const secret of [...victim.jobs, victim.tenant.canary]) expect(bytes).not.toContain(secret);
    }
  });

  it("reach with the same calls what is their own", async () => {
    const own: [Owned, string][] = [
      ...attacker.jobs.map((id): [Owned, string] => ["job", id]),
      ["batch", attacker.batch],
      ["blueprint", attacker.blueprint],
      ["trigger", attacker.trigger],
      ...attacker.cursors.map((cursor): [Owned, string] => ["cursor", cursor]),
    ];
    const ordered = routes.toSorted((a, b) => Number(a.method === "DELETE") - Number(b.method === "DELETE"));
    const asked = ordered.flatMap((route) =>
      own.flatMap(([kind, target]) => (recipeOf(route)?.[kind]?.(target) ?? []).map((args) => ({ route, args }))),
    );
    const reached = new Set<string>();
    for (const { route, args } of asked) {
      const { status, bytes } = await ask(route, args, attacker);
      // A refusal of a job that is there says how it stands.
      if (status < 300 || status === 409 || bytes.includes("unknown_request")) reached.add(route.operation);
    }
    const owning = routes
      .filter((route) => Object.keys(recipeOf(route) ?? {}).length > 0)
      .map(({ operation }) => operation);
    expect([...reached].sort()).toEqual(owning.filter((name) => name !== "blueprints_save").sort());
  });
});
