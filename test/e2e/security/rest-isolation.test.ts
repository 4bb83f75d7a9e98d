import { randomBytes } from "node:crypto";
import pMap from "p-map";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { keyOf, newSecret } from "../../../tooling/fuzz/tenants.ts";
import { type RestRoute as Route, restCall, routesOf } from "../../../tooling/rest.ts";
import { freePort } from "../../../tooling/servers/free-port.ts";
import { type Receiver, startReceiver } from "../../../tooling/services/receiver.ts";
import { type Belongings, seenByOwner, settleIn } from "../../support/belongings.ts";
import {
  guessedBatch,
  guessedId,
  kindOfArgument,
  type Owned,
  type Recipe,
  SPELLINGS,
  TOOL_RECIPES,
  unlike,
} from "../../support/probes.ts";
import { useServer } from "../../support/server.ts";

/** Every route, asked for another tenant's things. What the tools ask is asked here too, argument by argument. */

const OTHER_RECIPES: Record<string, Recipe> = {
  jobs_stream: { job: (job_id) => [{ job_id }] },
  jobs_explain: { job: (job_id) => [{ job_id }, { job_id, step: "a" }] },
  events_stream: { job: (job_id) => [{ job_id, cursor: "ev1_0" }] },
  secrets_list: {},
  // A name is everybody's to choose: tenant-secrets.test.ts shows whose value is sent.
  secrets_set: { secret: () => [] },
  secrets_delete: { secret: (name) => [{ name }] },
  metrics_read: {},
  subscriptions_list: { cursor: (cursor) => [{ cursor, limit: 1 }] },
  subscriptions_deliveries: {
    subscription: (subscription_id) => [{ subscription_id }, { subscription_id, limit: 1 }],
    cursor: (cursor) => [{ subscription_id: `sub_${"0".repeat(32)}`, cursor }],
  },
  subscriptions_replay: { subscription: (subscription_id) => [{ subscription_id, delivery: 1 }] },
  subscriptions_delete: { subscription: (subscription_id) => [{ subscription_id }] },
  triggers_ledger: {
    trigger: (name) => [{ name }, { name, limit: 1 }],
    cursor: (cursor) => [{ name: "nobodys", cursor }],
  },
  keys_list: {},
  keys_revoke: {},
  audit_read: {},
};
const CONCURRENCY = 16;
const TOLD = ["content-type", "www-authenticate", "cache-control", "retry-after", "location"];

const SECRET = newSecret();
const CALLBACK_PORT = await freePort();
const CALLBACK = `http://127.0.0.1:${CALLBACK_PORT}`;

interface Caller extends Belongings {
  key: string;
  subscription: string;
  /** Name of one. */
  secret: string;
}

const otherSecret = (name: string): string => name.replace(/.{8}$/, "NOBODYS0");

const recipeOf = ({ operation }: Route): Recipe | undefined => TOOL_RECIPES[operation] ?? OTHER_RECIPES[operation];

describe("two tenants over REST", () => {
  const server = useServer({ AUTH_SECRET: SECRET, EVENTS_ALLOW: CALLBACK });
  let url: string;
  let receiver: Receiver;
  let routes: Route[];
  let attacker: Caller;
  let victim: Caller;

  const read = async (operation: string, args: JsonObject, by: Pick<Caller, "key">): Promise<JsonObject> => {
    const route = routes.find((each) => each.operation === operation);
    if (route === undefined) throw new Error(`no route of ${operation}`);
    const [, , text] = JSON.parse((await ask(route, args, by)).bytes);
    return JSON.parse(text);
  };

  /** One that has delivered, and another one, so that pages of both have a next one. */
  async function subscribed({ tenant }: Belongings, by: Pick<Caller, "key">) {
    const delivery = (path: string) => {
      return { mode: "webhook", url: `${CALLBACK}/${tenant.canary}${path}`, secret: `whsec_${btoa("a".repeat(32))}` };
    };
    const subscribe = async (path: string) => {
      const params = { name: "job.settled", arguments: { name: tenant.canary }, delivery: delivery(path) };
      const { message, bytes } = await tenant.send({ method: "events/subscribe", params }, "2026-07-28");
      if (message.result === undefined) throw new Error(bytes);
      return String(message.result.id);
    };
    const subscription = await subscribe("");
    const steps = [{ id: "a", type: "transform", value: 1 }];
    for (const _ of [1, 2]) await tenant.submit(steps, { name: tenant.canary, wait_seconds: 30 });
    await receiver.until(2, ({ path, text }) => path.endsWith(tenant.canary) && text.includes("eventId"));
    await subscribe("/other");
    const pages = [
      await read("subscriptions_list", { limit: 1 }, by),
      await read("subscriptions_deliveries", { subscription_id: subscription, limit: 1 }, by),
    ];
    return { subscription, cursors: pages.map(({ next_cursor }) => String(next_cursor)) };
  }

  beforeAll(async () => {
    ({ url } = server());
    receiver = await startReceiver(CALLBACK_PORT);
    routes = await routesOf(url);
    const settle = async (name: string): Promise<Caller> => {
      const key = await keyOf(name, SECRET);
      const had = await settleIn(url, name, SECRET);
      const { subscription, cursors } = await subscribed(had, { key });
      const secret = `SECRET_${randomBytes(8).toString("hex").toUpperCase()}`;
      await read("secrets_set", { name: secret, value: `value-of-${name}`, hosts: ["api.example.com"] }, { key });
      return { ...had, key, subscription, secret, cursors: [...had.cursors, ...cursors] };
    };
    [attacker, victim] = await Promise.all([settle("rest-a"), settle("rest-b")]);
    for (const { cursors } of [attacker, victim]) expect(cursors).not.toContain("null");
  });
  afterAll(() => receiver?.close());

  const allOf = async (owner: Caller) => [
    await seenByOwner(owner),
    await read("subscriptions_list", {}, owner),
    await read("subscriptions_deliveries", { subscription_id: owner.subscription }, owner),
    await read("secrets_list", {}, owner),
  ];

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

  it("have a recipe for every route, and for everything of a tenant that stands in its path", () => {
    expect(routes.filter((route) => recipeOf(route) === undefined).map(({ operation }) => operation)).toEqual([]);
    const missing = routes.flatMap((route) =>
      [...route.path.matchAll(/\{(\w+)\}/g)]
        .flatMap(([, argument = ""]) => kindOfArgument(route.operation, argument) ?? [])
        .filter((kind) => recipeOf(route)?.[kind] === undefined)
        .map((kind) => `${route.operation}: ${kind}`),
    );
    expect(missing).toEqual([]);
  });

  it.each<[Owned, (of: Caller) => string[], (target: string) => string]>([
    ["job", ({ jobs }) => jobs, guessedId],
    ["batch", ({ batch }) => [batch], guessedBatch],
    ["blueprint", ({ blueprint }) => [blueprint], unlike],
    ["trigger", ({ trigger }) => [trigger], unlike],
    ["subscription", ({ subscription }) => [subscription], unlike],
    ["secret", ({ secret }) => [secret], otherSecret],
    ["cursor", ({ cursors }) => cursors, (cursor) => cursor.replace(/^.{8}/, "AAAAAAAA")],
  ])("cannot tell another's %s from none, and change nothing of it", async (kind, targetsOf, nothing) => {
    const before = await allOf(victim);
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
    expect(probes.length).toBeGreaterThanOrEqual(SPELLINGS.length);
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
    expect(await allOf(victim)).toEqual(before);
  });

  it("list nothing of each other", async () => {
    for (const route of routes.filter(({ method, path }) => method === "GET" && !path.includes("{"))) {
      const { bytes } = await ask(route, {}, attacker);
      for (const theirs of [...victim.jobs, victim.subscription, victim.secret, victim.tenant.canary])
        expect(bytes).not.toContain(theirs);
    }
  });

  it("see in a session of the dashboard only what is their own", async () => {
    const opened = await fetch(`${url}/ui/session`, {
      method: "POST",
      headers: { origin: url, "content-type": "application/json" },
      body: JSON.stringify({ key: attacker.key }),
    });
    const cookie = opened.headers.get("set-cookie")?.split(";")[0] ?? "";
    const look = async (path: string) => (await fetch(`${url}${path}`, { headers: { cookie } })).text();
    expect(JSON.parse(await look("/ui/session"))).toMatchObject({ tenant: "rest-a" });
    expect(await look("/api/v1/secrets")).toContain(attacker.secret);
    for (const path of ["/ui/session", "/api/v1/jobs", "/api/v1/secrets", "/api/v1/subscriptions", "/api/v1/audit"]) {
      const text = await look(path);
      for (const theirs of [victim.tenant.canary, victim.subscription, victim.secret])
        expect(text).not.toContain(theirs);
    }
    expect(JSON.parse(await look(`/api/v1/jobs/${victim.jobs[0]}`))).toMatchObject({ code: "unknown_job" });
  });

  it("reach with the same calls what is their own", async () => {
    const own: [Owned, string][] = [
      ...attacker.jobs.map((id): [Owned, string] => ["job", id]),
      ["batch", attacker.batch],
      ["blueprint", attacker.blueprint],
      ["trigger", attacker.trigger],
      ["subscription", attacker.subscription],
      ["secret", attacker.secret],
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
    const chosen = ["blueprints_save", "secrets_set"];
    expect([...reached].sort()).toEqual(owning.filter((name) => !chosen.includes(name)).sort());
  });
});
