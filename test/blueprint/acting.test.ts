import { describe, expect, it } from "vitest";
import { firstAction } from "../../src/blueprint/acting.ts";
import { checkBlueprint } from "../../src/blueprint/checks/check.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { aBlueprint } from "./support.ts";

const URL = "https://example.com/{% $input.n %}";

function firstOf(step: JsonObject) {
  const checked = checkBlueprint(aBlueprint([{ id: "first", ...step }] as Json[]), { handlers: ["h"] });
  if (!checked.ok) throw new Error(JSON.stringify(checked.error));
  return firstAction(checked.value);
}

describe("the action that a run begins with", () => {
  it.each<[string, JsonObject]>([
    ["a request", { type: "http", url: URL, timeout: "7 seconds" }],
    ["a poll", { type: "http", url: URL, timeout: "7 seconds", until: "{% $response.body.done %}" }],
    ["a handler", { type: "handler", handler: "h", timeout: "7 seconds" }],
    ["the store", { type: "store", key: "k", timeout: "7 seconds" }],
  ])("is the first step's: %s", (_name, step) => {
    expect(firstOf(step)).toEqual({ path: "first", withinMs: 7_000 });
  });

  it.each<[string, JsonObject]>([
    ["may be skipped", { type: "http", url: URL, when: "{% $input.n > 1 %}" }],
    ["has a timeout that must be evaluated", { type: "http", url: URL, timeout: "{% $input.t %}" }],
    ["reads pages, each an action", { type: "http", url: URL, pages: { next: "link", items: "{% $response.body %}" } }],
    ["waits", { type: "sleep", for: "1 second" }],
    ["has rows", { type: "map", over: [1], steps: [{ id: "inner", type: "http", url: URL }] }],
    ["only computes", { type: "transform", value: 1 }],
  ])("is not known where the first step %s", (_name, step) => {
    expect(firstOf(step)).toBeUndefined();
  });
});
