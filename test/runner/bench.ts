import { defaultTimeoutMs } from "../../src/blueprint/planned-wait.ts";
import { CATALOG } from "../../src/catalog/index.ts";
import { Secrets } from "../../src/egress/secrets.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import type { TraceContext } from "../../src/lib/trace-context.ts";
import type { RunnerApi } from "../../src/registry/api/caller.ts";
import type { EngineStep, RunnerPorts } from "../../src/runner/ports.ts";
import { runBlueprint } from "../../src/runner/run-blueprint.ts";
import { type Bench, CALLER, planOf, statusOf } from "../registry/bench.ts";

/** The engine's step object without the engine: caches results by name, retries at once, records what was asked. */
export class RecordingStep implements EngineStep {
  readonly names: string[] = [];
  /** All that was waited for without an event, inside segments and by the engine, in ms. */
  readonly waited: number[] = [];
  readonly sleeps: [name: string, duration: number][] = [];
  readonly waits: [name: string, type: string, timeout: number][] = [];
  /** What happens before a wait ends. */
  whileWaiting: (type: string) => Promise<void> = async () => undefined;
  /** Time passes; set by the run. */
  pass: (ms: number) => void = () => undefined;
  /** Whether the engine gets an event meanwhile; set by the run. */
  isTold: (meanwhile: () => Promise<void>) => Promise<boolean> = async () => false;
  readonly #cache = new Map<string, unknown>();
  readonly #died = Promise.withResolvers<void>();
  /** Resolves when the process died. */
  readonly died = this.#died.promise;

  async do<T>(name: string, config: Parameters<EngineStep["do"]>[1], callback: () => Promise<T>): Promise<T> {
    if (this.#cache.has(name)) return this.#cache.get(name) as T;
    this.names.push(name);
    for (let tries = 0; ; tries++) {
      try {
        const result = await callback();
        this.#cache.set(name, result);
        return result;
      } catch (error) {
        if (tries === config.retries.limit) throw error;
        this.pass(config.retries.delay);
      }
    }
  }

  /** The process dies here: no later line of it runs, and what was not stored is lost. */
  die(): Promise<never> {
    this.#died.resolve();
    return new Promise(() => undefined);
  }

  /** Waits while the test does what happens meanwhile; without an event, the time is up then. */
  async waitForEvent(name: string, options: { type: string; timeout: number }): Promise<unknown> {
    if (this.#cache.has(name)) return this.#cache.get(name);
    this.names.push(name);
    this.waits.push([name, options.type, options.timeout]);
    if (!(await this.isTold(() => this.whileWaiting(options.type)))) {
      this.pass(options.timeout);
      throw new Error("the wait timed out");
    }
    this.#cache.set(name, {});
    return {};
  }

  async pause(ms: number): Promise<void> {
    this.waited.push(ms);
    this.pass(ms);
  }

  async sleep(name: string, duration: number): Promise<void> {
    if (!(duration > 0)) throw new Error("You can't sleep until a time in the past, time-traveler");
    if (this.#cache.has(name)) return;
    this.names.push(name);
    this.sleeps.push([name, duration]);
    this.waited.push(duration);
    this.pass(duration);
    this.#cache.set(name, null);
  }
}

/** Its process dies while the engine sleeps. */
export class DiesAsleep extends RecordingStep {
  readonly asked: number[] = [];
  override sleep(_name: string, duration: number): Promise<never> {
    this.asked.push(duration);
    return this.die();
  }
}

/** The process dies where this is thrown: no later line of it runs, and what was not stored is lost. */
export class Crash extends Error {}

/** The same object, whose calls never return to a process that they kill. */
function mortal<T extends object>(real: T, step: RecordingStep): T {
  return new Proxy(real, {
    get: (target, name) => {
      const method = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return async (...args: unknown[]) => {
        try {
          return await method.apply(target, args);
        } catch (error) {
          if (error instanceof Crash) return step.die();
          throw error;
        }
      };
    },
  });
}

export interface RunOptions {
  input?: JsonObject;
  output?: Json;
  finally?: Json;
  fetch?: RunnerPorts["fetch"];
  /** By name, for every host unless `hosts` says where. */
  secrets?: Record<string, string>;
  hosts?: string[];
  /** Names of secrets that were there when the job was accepted. */
  gone?: string[];
  random?: () => number;
  model?: RunnerPorts["model"];
  budget?: { ai_tokens: number };
  trace?: TraceContext;
  step?: RecordingStep;
  /** A job that is there already, with these steps. */
  existing?: string;
  /** Given by the submit; left out: what the plan needs. */
  timeoutMs?: number;
  attempt?: number;
  pause?: RunnerPorts["pause"];
  /** Saved ones, by name with version. */
  blueprints?: Record<string, Awaited<ReturnType<RunnerPorts["blueprint"]>>>;
  /** Steps in between, to break something. */
  registry?: (real: RunnerApi) => RunnerApi;
}

export interface Run {
  id: string;
  step: RecordingStep;
  /** Runs the attempt from the top, as the engine does at its start and at every resume. */
  resume(step?: RecordingStep): Promise<void>;
  status(): ReturnType<typeof statusOf>;
}

/** Submits the steps as a job and runs it against the real registry. */
export async function runSteps(bench: Bench, steps: Json[], options: RunOptions = {}): Promise<Run> {
  const { hosts = ["*"] } = options;
  const secrets = Object.entries(options.secrets ?? {}).map(([name, value]) => ({ name, value, hosts }));
  const named = [...secrets.map(({ name }) => name), ...(options.gone ?? [])];
  const known = { handlers: [], secrets: named.map((name) => ({ name, hosts: ["*"] })) };
  const more = {
    ...(options.output !== undefined && { output: options.output }),
    ...(options.finally && { finally: options.finally }),
    ...(options.budget && { budget: options.budget }),
  };
  const plan = planOf(steps, more, { ...known, model: "test-model" });
  const timeout_ms = options.timeoutMs ?? defaultTimeoutMs(plan, bench.clock.now);
  const fresh = { plan, timeout_ms, plan_hash: crypto.randomUUID(), input: options.input ?? {}, trace: options.trace };
  const id = options.existing ?? (await bench.submit(fresh)).id;
  const step = options.step ?? new RecordingStep();
  const registry = options.registry?.(bench.runner) ?? bench.runner;
  const resume = (engineStep = step) => Promise.race([engineStep.died, run(engineStep)]);
  const run = (engineStep: RecordingStep) => {
    engineStep.pass = (ms) => {
      bench.clock.now += ms;
    };
    engineStep.isTold = async (meanwhile) => {
      const before = bench.engine.told.length;
      await meanwhile();
      await bench.settleBackground();
      return bench.engine.told.length > before;
    };
    const { fetch } = mortal({ fetch: options.fetch ?? (async () => new Response("", { status: 599 })) }, engineStep);
    return runBlueprint(
      {
        registry: () => mortal(registry, engineStep),
        step: engineStep,
        fetch,
        secrets: new Secrets(secrets),
        knowSecrets: async () => undefined,
        userAgent: "edge-jobs/test",
        blueprint: async (reference) => options.blueprints?.[reference],
        emit: (event) => bench.events.emitEvent(CALLER, { ...event, job_id: id }),
        store: (key, write) => bench.caller.useStore(CALLER, key, write),
        publicOrigin: "https://jobs.example.com",
        linkToken: async (jobId, path) => encodeURIComponent(`${jobId}/${path}`),
        model: options.model,
        handlers: CATALOG.handlers,
        now: () => bench.clock.now,
        random: options.random ?? (() => 0),
        process: () => "test",
        newToken: () => crypto.randomUUID(),
        pause: options.pause ?? (async (ms) => (ms > 0 ? engineStep.pause(ms) : undefined)),
      },
      bench.ref(id, options.attempt),
    );
  };
  await resume();
  return { id, step, resume, status: () => statusOf(bench, id) };
}

export interface Sent {
  url: string;
  method: string;
  headers: Headers;
  body: string | null;
  /** Of a body that is no text. */
  bytes?: number[];
}

/** A fetch that answers from a script, in order, and remembers what it was sent. The last answer repeats. */
export function scripted(...answers: (() => Response | Promise<Response>)[]) {
  const sent: Sent[] = [];
  const fetch: RunnerPorts["fetch"] = async (url, init = {}) => {
    const answer = answers[Math.min(sent.length, answers.length - 1)];
    const body = typeof init.body === "string" ? init.body : null;
    const bytes = init.body instanceof Uint8Array && { bytes: [...init.body] };
    sent.push({ url, method: init.method ?? "GET", headers: new Headers(init.headers), body, ...bytes });
    if (answer === undefined) throw new Error("no answer is scripted");
    return answer();
  };
  return { fetch, sent };
}

export const json =
  (value: Json, init: ResponseInit = {}) =>
  () =>
    Response.json(value, init);

/** The registry with some of its methods replaced. */
export const replaced = (real: RunnerApi, methods: Partial<RunnerApi>): RunnerApi =>
  new Proxy(real, { get: (target, name) => Reflect.get(name in methods ? methods : target, name) });

/** The same registry, where the process dies at its first report of that name, before the registry hears of it. */
export function diesAtFirst(name: keyof RunnerApi, meanwhile: () => void = () => undefined) {
  let dies = true;
  return (real: RunnerApi): RunnerApi =>
    new Proxy(real, {
      get: (target, asked) => {
        if (!dies || asked !== name) return Reflect.get(target, asked);
        dies = false;
        return async () => {
          meanwhile();
          throw new Crash();
        };
      },
    });
}
