import { afterEach, beforeEach } from "vitest";
import { recordFigures } from "../support/figures.ts";
import { nemesis } from "./nemesis.ts";

let before = 0;
beforeEach(() => {
  before = nemesis.evictions;
});
afterEach((test) => {
  const failed = Number(test.task.result?.state === "fail");
  const counts = { tests: 1, evictions: nemesis.evictions - before, failed };
  recordFigures(test, { harness: "functional suite, evicted between any two calls", seed: null, counts });
});
