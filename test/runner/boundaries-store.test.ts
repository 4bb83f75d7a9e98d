import type { JsonObject } from "../../src/lib/json.ts";
import { type Bench, CALLER, inRegistry } from "../registry/bench.ts";
import { atBound } from "../support/boundaries.ts";
import { type RunOptions, runSteps } from "./bench.ts";

const put = (more: JsonObject = {}): JsonObject => ({ id: "put", type: "store", key: "k", value: 1, ...more });

async function refusalOf(bench: Bench, step: JsonObject, options: RunOptions = {}): Promise<string | undefined> {
  const { status, error_code, error } = await (await runSteps(bench, [step], { output: "done", ...options })).status();
  return status === "failed" ? `${error_code} ${error}` : undefined;
}

async function failureOf(step: JsonObject, options: RunOptions = {}): Promise<string | undefined> {
  let found: string | undefined;
  await inRegistry(async (bench) => {
    found = await refusalOf(bench, step, options);
  });
  return found;
}

atBound("MAX_STORE_KEY_CHARS", {
  of: "a key that is computed",
  refusal: /^store_request Step put: key came out as "a+, and must be text of 1 to 200 characters/,
  attempt: (chars) => failureOf(put({ key: "{% $input.k %}" }), { input: { k: "a".repeat(chars) } }),
});

atBound("MAX_STORE_VALUE_BYTES", {
  of: "a value",
  refusal: /^limit_exceeded Step put: value has 65537 bytes of JSON, the most is 65536/,
  attempt: (bytes) => failureOf(put({ value: "{% $input.v %}" }), { input: { v: "a".repeat(bytes - 2) } }),
});

atBound("MAX_STORE_LIFETIME_MS", {
  of: "a lifetime that is computed",
  refusal: /^limit_exceeded Step put: for came out as/,
  attempt: (ms) => failureOf(put({ for: `{% '${ms / 1_000} seconds' %}` })),
  step: 1_000,
});

atBound("MAX_STORE_KEYS", {
  of: "a tenant",
  refusal: /^limit_exceeded Step put: The store has 1000 keys, the most is 1000\. Delete some/,
  attempt: async (keys) => {
    let found: string | undefined;
    await inRegistry(async (bench) => {
      const write = { value: 1, version: null, lifetime_ms: null };
      for (let i = 1; i < keys; i++) await bench.caller.useStore(CALLER, `k${i}`, { id: `w${i}`, ...write });
      // One that has expired, and one that was deleted, take no place.
      await bench.caller.useStore(CALLER, "expires", { id: "e", ...write, lifetime_ms: 1 });
      bench.clock.now += 1;
      await bench.caller.useStore(CALLER, "k1", { id: "d", ...write, value: null });
      await bench.caller.useStore(CALLER, "k1", { id: "again", ...write });
      found = await refusalOf(bench, put({ key: "last" }));
    });
    return found;
  },
});
