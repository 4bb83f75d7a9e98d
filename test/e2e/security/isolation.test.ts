import pMap from "p-map";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { newSecret, type Tenant } from "../../../tooling/fuzz/tenants.ts";
import { seeded } from "../../../tooling/random.ts";
import { type Call, ERAS, type EraVersion, isModernOnly, type RawReply, toolCall } from "../../../tooling/raw.ts";
import { freePort } from "../../../tooling/servers/free-port.ts";
import { type Receiver, startReceiver } from "../../../tooling/services/receiver.ts";
import { everyNth } from "../../../tooling/tiers.ts";
import { awaitingJob, type Belongings, ownEvent, seenByOwner, settleIn, transform } from "../../support/belongings.ts";
import {
  FILTERS,
  guessedBatch,
  guessedId,
  type Listed,
  type Owned,
  probesOf,
  SPELLINGS,
  TOOL_RECIPES,
  toolsWithoutRecipe,
  unlike,
} from "../../support/probes.ts";
import { useServer } from "../../support/server.ts";
import { setting } from "../../support/setting.ts";

const SECRET = newSecret();
const CONCURRENCY = 16;
/** Quotas have tests of their own. */
const NO_QUOTAS = { MAX_ACTIVE_JOBS: "0", MAX_RUNNING_JOBS: "0", SUBMITS_PER_MINUTE: "0", MAX_STORED_BYTES: "0" };
const HOOKS_PER_MINUTE = 50;
const HOOK_SECRET = "ISOLATED_HOOK";
const FLOOD = 900;
const FORGED = { "content-type": "application/json", "x-hub-signature-256": `sha256=${"0".repeat(64)}` };
const LATER = { run_at: "2100-01-01T00:00:00Z" };

/** Every probe is sent in every spelling, but not at every target: at one of so many. */
const STRIDE = setting("TARGET_STRIDE");
const SEED = setting("SEED");
function someOf<T>(targets: readonly T[], offset: number): T[] {
  return everyNth(targets, Math.min(STRIDE, targets.length), offset + SEED);
}

/** In turn, but for what one of them does not have. */
const eraOf = (call: Call, i: number): EraVersion =>
  isModernOnly(call) ? "2026-07-28" : (ERAS[i % ERAS.length] ?? ERAS[0]);

const masked = ({ bytes }: RawReply, target: string): string => bytes.replaceAll(target.trim(), "<target>");

/** Of a callback that runs here. */
const CALLBACK_PORT = await freePort();
const CALLBACK = `http://127.0.0.1:${CALLBACK_PORT}`;

const server = useServer({
  ...{ AUTH_SECRET: SECRET, EVENTS_ALLOW: CALLBACK, ...NO_QUOTAS },
  ...{
    HOOKS_PER_MINUTE: String(HOOKS_PER_MINUTE),
    BLUEPRINT_SECRETS: `${HOOK_SECRET}@webhook`,
    [HOOK_SECRET]: "of the isolated hook",
  },
});

describe("three tenants of one server", () => {
  let all: Belongings[];
  let listed: Listed;
  let before: unknown[];
  let receiver: Receiver;
  let probes = 0;

  const pairs = () =>
    all.flatMap((attacker) => all.filter((victim) => victim !== attacker).map((victim) => ({ attacker, victim })));

  beforeAll(async () => {
    const { url } = server();
    receiver = await startReceiver(CALLBACK_PORT);
    all = await Promise.all(["acme", "globex", "acme-2"].map((name) => settleIn(url, name, SECRET)));
    const [first] = all;
    const ask = async (method: string) => (await first?.tenant.send({ method, params: {} }))?.message.result;
    const lists = [await ask("tools/list"), await ask("resources/templates/list"), await ask("prompts/list")];
    const [tools, templates, prompts] = lists;
    listed = {
      tools: tools?.tools,
      templates: templates?.resourceTemplates,
      prompts: prompts?.prompts,
    } as unknown as Listed;
    before = await Promise.all(all.map(seenByOwner));
  });
  afterAll(() => receiver?.close());

  it("have a probe for everything that the server lists", () => {
    expect(listed.tools.length).toBeGreaterThanOrEqual(12);
    expect(toolsWithoutRecipe(listed)).toEqual([]);
    // A skill is the same for all.
    const isShared = (uri: string) => uri === "skill://{+path}";
    const variables = listed.templates.filter(
      ({ uriTemplate: uri }) => !isShared(uri) && !/\{(job_id|name)\}/.test(uri),
    );
    expect(variables).toEqual([]);
    const unknownArguments = listed.prompts.flatMap(({ arguments: args = [] }) =>
      args.filter(({ name }) => !["job_id", "goal"].includes(name)),
    );
    expect(unknownArguments).toEqual([]);
    const toothless: Listed = { ...listed, tools: [...listed.tools, { name: "jobs_new", inputSchema: {} }] };
    expect(toolsWithoutRecipe(toothless)).toEqual(["jobs_new"]);
  });

  it("can do nothing else than what is probed: jobs and events are all that can be subscribed to", async () => {
    const { message } = (await all[0]?.tenant.send({ method: "server/discover", params: {} }, "2026-07-28")) ?? {};
    const capabilities = message?.result?.capabilities ?? {};
    expect(Object.keys(capabilities).toSorted()).toEqual([
      "completions",
      "events",
      "extensions",
      "prompts",
      "resources",
      "tools",
    ]);
    expect(capabilities).toMatchObject({
      tools: { listChanged: false },
      resources: { listChanged: false, subscribe: true },
      prompts: { listChanged: false },
      extensions: { "io.modelcontextprotocol/events": {}, "io.modelcontextprotocol/tasks": {} },
    });
  });

  /** Each target against one that exists nowhere, spelled the same: the replies that differ. */
  async function leaks(kind: Owned, targetsOf: (victim: Belongings) => string[], nothing: (target: string) => string) {
    const targets = pairs().flatMap(({ attacker, victim }) =>
      targetsOf(victim).map((target) => ({ attacker, target })),
    );
    const asked = SPELLINGS.flatMap((spell, s) =>
      probesOf(kind, listed).flatMap((probe, p) =>
        someOf(targets, s + p).flatMap(({ attacker, target }) => {
          const [foreign, unknown] = [spell(target), spell(nothing(target))];
          const unknownCalls = probe(unknown);
          return probe(foreign).map((call, i) => ({
            attacker,
            foreign,
            call,
            unknown,
            unknownCall: unknownCalls[i] ?? call,
          }));
        }),
      ),
    );
    const known = new Map<string, Promise<string>>();
    const found = await pMap(
      asked,
      async ({ attacker, foreign, call, unknown, unknownCall }, i) => {
        const { tenant } = attacker;
        const era = eraOf(call, i);
        // What is nowhere is answered alike each time, so it is asked for once.
        const place = JSON.stringify([tenant.name, era, unknownCall]).replaceAll(unknown, spellingOf(unknown));
        const expected = known.get(place) ?? tenant.send(unknownCall, era).then((reply) => masked(reply, unknown));
        known.set(place, expected);
        const got = masked(await tenant.send(call, era), foreign);
        return got === (await expected) ? [] : [{ call, got, expected: await expected }];
      },
      { concurrency: CONCURRENCY },
    );
    probes += asked.length;
    return found.flat().slice(0, 3);
  }

  /** Which of the spellings a text has: texts that are spelled alike may be compared. */
  const spellingOf = (text: string): string => text.replace(/[0-9a-z]/g, "a").replace(/[A-Z]/g, "A");

  it("cannot tell another's job from none, however its id is spelled", async () => {
    expect(await leaks("job", ({ jobs }) => jobs, guessedId)).toEqual([]);
  }, 180_000);

  it("cannot tell another's saved blueprint from none", async () => {
    expect(await leaks("blueprint", ({ blueprint }) => [blueprint], unlike)).toEqual([]);
  });

  it("cannot tell another's batch from none", async () => {
    expect(await leaks("batch", ({ batch }) => [batch], guessedBatch)).toEqual([]);
  });

  it("cannot tell another's trigger from none", async () => {
    expect(await leaks("trigger", ({ trigger }) => [trigger], unlike)).toEqual([]);
  });

  const post = async (url: string) => {
    const response = await fetch(url, { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
    return [response.status, response.headers.get("content-type"), await response.text()];
  };

  it("reach nobody by the URL of a hook that they altered, and cannot tell it from nonsense", async () => {
    const nothing = await post(`${server().url}/hooks/x`);
    expect(nothing[0]).toBe(404);
    const bytesOf = (hook: string) => Buffer.from(hook.replace(/^.*\//, ""), "base64url");
    const altered = pairs().flatMap(({ attacker, victim }) => {
      const [mine, theirs] = [bytesOf(attacker.hook), bytesOf(victim.hook)];
      const flipped = [0, 31, 32, 33, 34, 49, theirs.length - 1].map((at) => {
        const copy = Buffer.from(theirs);
        copy[at] = (copy[at] ?? 0) ^ 1;
        return copy;
      });
      // The signature of the one before the place of the other.
      const swapped = Buffer.concat([mine.subarray(0, 32), theirs.subarray(32)]);
      return [...flipped, swapped, theirs.subarray(32), theirs.subarray(0, -1), Buffer.concat([theirs, mine])];
    });
    const answers = await pMap(altered, (token) => post(`${server().url}/hooks/${token.toString("base64url")}`), {
      concurrency: CONCURRENCY,
    });
    probes += altered.length;
    expect(answers.filter((answer) => JSON.stringify(answer) !== JSON.stringify(nothing))).toEqual([]);
  });

  /** One more than belongs to the tenant, that anybody may start who has its URL. @returns its name */
  async function openTrigger({ tenant }: Belongings, verb: string): Promise<string> {
    const name = `${verb}-${tenant.canary}`;
    const blueprint = { name, steps: [transform(name)] };
    opened.set(name, String((await tenant.tool("triggers_save", { name, blueprint, webhook: { verify: null } })).url));
    return name;
  }
  const opened = new Map<string, string>();

  it("lose nothing to strangers who flood the hook of one of them", async () => {
    const [victim, other] = all;
    if (victim === undefined || other === undefined) throw new Error("nobody settled in");
    const signed = await victim.tenant.tool("triggers_save", {
      name: "signed",
      blueprint: { name: "signed", steps: [transform("signed")] },
      webhook: { verify: { scheme: "github", secret: HOOK_SECRET } },
    });
    const ledger = () => victim.tenant.tool("triggers_list", { name: "signed" });
    const before = await ledger();
    const ways = [`${server().url}/hooks/x`, `${String(signed.url)}x`, String(signed.url)];
    const answers = pMap(
      Array.from({ length: FLOOD }, (_, i) => ways[i % ways.length] ?? ""),
      async (url) => (await fetch(url, { method: "POST", body: "{}", headers: FORGED })).status,
      { concurrency: 4 * CONCURRENCY },
    );
    // Meanwhile the other one's hook takes what comes, and its calls are answered.
    const open = await openTrigger(other, "open");
    const hook = opened.get(open) ?? "";
    const taken = [await post(hook), await post(hook)].map(([status]) => status);
    await other.tenant.tool("triggers_delete", { name: open });
    const { result } = (await other.tenant.send(toolCall("jobs_list", {}))).message;
    expect([taken, result?.isError ?? false]).toEqual([[202, 202], false]);
    const statuses = Object.groupBy(await answers, String);
    expect(Object.keys(statuses).sort()).toEqual(["401", "404", "429"]);
    // The rate is that of the hook: so many forged ones are looked at, and no more.
    expect(statuses["401"]?.length).toBeLessThanOrEqual(2 * HOOKS_PER_MINUTE);
    expect(await ledger()).toEqual(before);
    await victim.tenant.tool("triggers_delete", { name: "signed" });
  }, 120_000);

  it("read only what happened to themselves at a place of another's log", async () => {
    const at = (cursor: string): Call[] => [
      toolCall("events_read", { cursor }),
      ...["events/poll", "events/stream"].map((method) => ({ method, params: { name: "job.settled", cursor } })),
    ];
    for (const { attacker, victim } of pairs()) {
      for (const call of at(victim.place)) {
        expect((await victim.tenant.send(call, "2026-07-28")).bytes).toContain(victim.tenant.canary);
        const { bytes } = await attacker.tenant.send(call, "2026-07-28");
        probes += 1;
        for (const secret of [...victim.jobs, victim.tenant.canary]) expect(bytes).not.toContain(secret);
      }
    }
  });

  const emit = (tenant: Tenant, event: string): Promise<string> =>
    tenant.submit([{ id: "tell", type: "emit", event, data: { by: tenant.canary } }], { wait_seconds: 30 });

  /** As its caller is told, whatever the job is called. */
  const toRespond = async ({ tenant }: Belongings, job_id: string): Promise<string> =>
    masked(await tenant.send(toolCall("jobs_respond", { job_id, request_id: "ask", action: "accept" })), job_id);

  it("answer no step of another that waits for an event, and their own with each of theirs", async () => {
    for (const { attacker, victim } of pairs()) {
      const job_id = await awaitingJob(victim.tenant, ownEvent(victim.tenant).concat(".again"));
      await emit(attacker.tenant, ownEvent(victim.tenant).concat(".again"));
      await emit(attacker.tenant, ownEvent(victim.tenant));
      expect(await toRespond(attacker, job_id)).toBe(await toRespond(attacker, guessedId(job_id)));
      expect(await toRespond(victim, job_id)).toContain("is answered by an event isolated.");
      await emit(victim.tenant, ownEvent(victim.tenant).concat(".again"));
      const { jobs } = await victim.tenant.tool("jobs_wait", { job_ids: [job_id], timeout_seconds: 30 });
      expect(jobs).toMatchObject([{ result: { action: "accept", content: { by: victim.tenant.canary } } }]);
      probes += 4;
    }
  }, 60_000);

  const webhook = (path: string) => ({
    mode: "webhook",
    url: `${CALLBACK}${path}`,
    secret: `whsec_${btoa("a".repeat(32))}`,
  });

  it("cannot end another's subscription, nor tell it from none", async () => {
    const [victim, ...others] = all.map(({ tenant }) => tenant);
    const ask = (who: typeof victim, method: string, path = "/cb") =>
      who?.send(
        { method, params: { name: "job.input_required", arguments: {}, delivery: webhook(path) } },
        "2026-07-28",
      );
    expect((await ask(victim, "events/subscribe"))?.message.result).toHaveProperty("id");
    for (const other of others) {
      const [foreign, unknown] = [
        await ask(other, "events/unsubscribe"),
        await ask(other, "events/unsubscribe", "/no"),
      ];
      probes += 2;
      expect(foreign?.message.error).toBeDefined();
      expect(foreign?.bytes).toBe(unknown?.bytes);
    }
    const again = await ask(victim, "events/subscribe");
    expect(again?.message.result).toMatchObject({ deliveryStatus: { active: true } });
    expect((await ask(victim, "events/unsubscribe"))?.message.error).toBeUndefined();
  });

  it("are sent nothing of what is another's, whatever their subscriptions ask for", async () => {
    const [victim, ...others] = all;
    if (victim === undefined) throw new Error("nobody settled in");
    const watched = await openTrigger(victim, "watched");
    const ofThings = ({ jobs: [job = ""], batch, blueprint }: Belongings): [Owned, string, string][] => [
      ["job", job, guessedId(job)],
      ["batch", batch, guessedBatch(batch)],
      ["blueprint", blueprint, unlike(blueprint)],
      ["trigger", watched, unlike(watched)],
    ];
    const subscribe = (who: Belongings, path: string, args: JsonObject) =>
      who.tenant.send(
        { method: "events/subscribe", params: { name: "job.settled", arguments: args, delivery: webhook(path) } },
        "2026-07-28",
      );
    /** Without what is named after the request itself: its id, its time and its place. */
    const plain = ({ bytes }: RawReply) => bytes.replace(/sub_[0-9a-f]{32}|ev1_[\w.]+|\d{4}-[\d-]+T[\d:.]+Z/g, "<own>");
    const theirs = (path: string) => receiver.received.filter((each) => each.path.startsWith(path));
    for (const [kind, target, nothing] of ofThings(victim)) {
      const filter = FILTERS[kind] ?? "";
      expect((await subscribe(victim, `/victim-${kind}`, { [filter]: target })).message.result).toHaveProperty("id");
      for (const other of others) {
        const foreign = await subscribe(other, "/stranger", { [filter]: target });
        const unknown = await subscribe(other, "/stranger", { [filter]: nothing });
        probes += 2;
        expect(foreign.message.result).toHaveProperty("id");
        expect(plain(foreign)).toBe(plain(unknown));
      }
    }
    await victim.tenant.tool("triggers_fire", { name: watched });
    await receiver.until(1, ({ path, text }) => path === "/victim-trigger" && text.includes("eventId"));
    const told = theirs("/stranger").map(({ text }) => JSON.parse(text).type);
    expect(new Set(told)).toEqual(new Set(["verification"]));
    await victim.tenant.tool("triggers_delete", { name: watched });
  });

  it("cannot go on where another's listing stopped", async () => {
    expect(
      await leaks(
        "cursor",
        ({ cursors }) => cursors,
        (cursor) => cursor.replace(/^.{8}/, "AAAAAAAA"),
      ),
    ).toEqual([]);
  });

  it("make jobs of their own with another's idempotency key, and blueprints of their own with its name", async () => {
    const answers = await pMap(pairs(), async ({ attacker: { tenant }, victim }) => {
      const args = {
        blueprint: { name: "mine", steps: [transform("mine")] },
        ...LATER,
        idempotency_key: victim.idempotencyKey,
      };
      const { run_at: _, ...now } = args;
      const submitted = await tenant.tool("jobs_submit_blueprint", now);
      const saved = await tenant.tool("blueprints_save", {
        blueprint: { name: victim.blueprint, steps: [transform("mine")] },
      });
      const trigger = { name: victim.trigger, blueprint: args.blueprint, webhook: { verify: null } };
      const made = await tenant.tool("triggers_save", trigger);
      await tenant.tool("triggers_delete", { name: victim.trigger });
      probes += 3;
      return {
        deduplicated: submitted.deduplicated,
        isTheirs: victim.jobs.includes(String(submitted.id)),
        version: saved.version,
        triggerVersion: made.version,
        isTheirHook: made.url === victim.hook,
      };
    });
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set([
        JSON.stringify({ deduplicated: false, isTheirs: false, version: 1, triggerVersion: 1, isTheirHook: false }),
      ]),
    );
  });

  it("list nothing of each other", async () => {
    const complete = (value: string): Call[] =>
      listed.templates.map(({ uriTemplate: uri }) => {
        const name = /\{(\w+)\}/.exec(uri)?.[1] ?? "";
        return {
          method: "completion/complete",
          params: { ref: { type: "ref/resource", uri }, argument: { name, value } },
        };
      });
    const calls: Call[] = [
      toolCall("jobs_list", { limit: 100 }),
      toolCall("triggers_list", { limit: 100 }),
      { method: "resources/list", params: {} },
      ...["", "job_", "j", "p"].flatMap(complete),
    ];
    for (const { attacker, victim } of pairs()) {
      for (const call of calls) {
        const { bytes } = await attacker.tenant.send(call);
        probes += 1;
        for (const secret of [...victim.jobs, victim.trigger, "/hooks/".concat(victim.hook.slice(-40)), "idempotency"])
          expect(bytes).not.toContain(secret);
      }
    }
  });

  it("still have all of theirs as it was, after all these probes", async () => {
    expect(await Promise.all(all.map(seenByOwner))).toEqual(before);
    expect(probes).toBeGreaterThanOrEqual(2_000 / STRIDE);
  });

  /** What changes nothing comes first, and nothing is asked for after its deletion. */
  const lastness = ({ method, params }: Call): number =>
    method === "tools/call" || method.startsWith("tasks/") ? (/_delete$/.test(String(params.name)) ? 2 : 1) : 0;

  it("reach with the same calls what is their own", async () => {
    for (const { tenant, jobs, batch, blueprint, trigger, hook, cursors } of all.slice(0, 1)) {
      expect((await post(hook))[0]).toBe(202);
      const own: [Owned, string][] = [
        ["batch", batch],
        ["trigger", trigger],
        ...jobs.map((id): [Owned, string] => ["job", id]),
        ["blueprint", blueprint],
        ...cursors.map((cursor): [Owned, string] => ["cursor", cursor]),
      ];
      const calls = own.flatMap(([kind, target]) => probesOf(kind, listed).flatMap((probe) => probe(target)));
      const reached = new Set<string>();
      for (const call of calls.toSorted((a, b) => lastness(a) - lastness(b))) {
        const { message, bytes } = await tenant.send(call, eraOf(call, 0));
        const name = `${call.method} ${String(call.params.name ?? "")}`;
        const isNothing = /Unknown job|Unknown batch|Unknown trigger|not known|not valid|notifications\\":\{\}/.test(
          bytes,
        );
        if (message.error === undefined && !isNothing) reached.add(name);
      }
      const tools = listed.tools
        // What names nothing of a tenant is no probe.
        .filter(({ name }) => Object.keys(TOOL_RECIPES[name] ?? {}).length > 0)
        .map(({ name }) => `tools/call ${name}`)
        .filter((name) => !name.endsWith("blueprints_save"));
      expect([...reached]).toEqual(
        expect.arrayContaining([
          ...tools,
          "resources/read ",
          "completion/complete ",
          "prompts/get jobs_postmortem",
          "tasks/get ",
          "subscriptions/listen ",
          "events/poll job.settled",
          "events/stream job.settled",
        ]),
      );
    }
  });
});

describe("two tenants under load", () => {
  const CALLS = setting("ISOLATION_CALLS");
  /** Against a hang only: a busy machine takes its time. */
  const HANG_MS = 60_000 + 40 * CALLS;

  /** Calls that a tenant makes all day long. */
  function nextCall({ tenant, jobs, blueprint }: Belongings, random: () => number): Call {
    const job_id = jobs[Math.floor(random() * jobs.length)] ?? "";
    const { canary } = tenant;
    const kinds: (() => Call)[] = [
      () => toolCall("jobs_get_status", { job_id, include: ["steps", "events"] }),
      () => toolCall("jobs_list", { limit: 5 }),
      () => toolCall("jobs_list", { metadata: { canary } }),
      () => toolCall("jobs_wait", { job_ids: jobs.slice(0, 2), timeout_seconds: 0 }),
      () => toolCall("jobs_get_result", { job_id: jobs[0] ?? "" }),
      () => toolCall("blueprints_get", { name: blueprint }),
      () => toolCall("blueprints_list", {}),
      () => toolCall("triggers_list", {}),
      () => toolCall("events_read", { cursor: "ev1_0" }),
      () => ({ method: "events/poll", params: { name: "job.settled", cursor: "ev1_0" } }),
      () =>
        toolCall("jobs_submit_blueprint", {
          blueprint,
          metadata: { canary },
          run_at: new Date(Date.now() + 3_600_000).toISOString(),
        }),
      () => ({ method: "resources/read", params: { uri: `job://${job_id}/events` } }),
      () => ({ method: "prompts/get", params: { name: "jobs_postmortem", arguments: { job_id } } }),
      () => ({ method: "resources/list", params: {} }),
    ];
    const call = kinds[Math.floor(random() * kinds.length)];
    return call?.() ?? toolCall("jobs_list", {});
  }

  it(
    "never see a word of each other",
    async () => {
      const two = await Promise.all(["initech", "umbrella"].map((name) => settleIn(server().url, name, SECRET)));
      const random = seeded(SEED);
      const calls = Array.from({ length: CALLS }, (_, i) => {
        const mine = two[i % 2] ?? two[0];
        const theirs = two[(i + 1) % 2] ?? two[1];
        return mine && theirs
          ? { mine, theirs, call: nextCall(mine, random), era: ERAS[(i >> 1) % 2] ?? ERAS[0] }
          : undefined;
      }).filter((each) => each !== undefined);
      let own = 0;
      const crossed = await pMap(
        calls,
        async ({ mine, theirs, call, era }) => {
          const { bytes, status } = await mine.tenant.send(call, era);
          if (bytes.includes(mine.tenant.canary)) own += 1;
          const isForeign = bytes.includes(theirs.tenant.canary) || theirs.jobs.some((id) => bytes.includes(id));
          return status === 200 && !isForeign ? [] : [{ call, bytes }];
        },
        { concurrency: 2 * CONCURRENCY },
      );
      expect(crossed.flat()).toEqual([]);
      expect(own).toBeGreaterThan(CALLS / 2);
    },
    HANG_MS,
  );
});
