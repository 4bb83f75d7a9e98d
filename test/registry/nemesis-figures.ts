import { afterEach, beforeEach } from "vitest";
import { recordFigures } from "../../tooling/figures.ts";
import { nemesis } from "./nemesis.ts";

let before = 0;
beforeEach(() => {
  before = nemesis.evictions;
});
afterEach((test) => {
  const counts = { tests: 1, evictions: nemesis.evictions - before };
  recordFigures(test, { harness: "functional suites, evicted between any two calls", seed: null, counts });
});
