import { describe, expect, it } from "vitest";
import { MUTANTS } from "../../tooling/mutants.ts";
import { mutate } from "../../tooling/mutate.ts";

describe("a bug that the harnesses must find", () => {
  it.each(Object.keys(MUTANTS))("can be put into the source as it is now: %s", (name) => {
    expect(mutate(name).name).toContain(name);
  });

  it("is refused when nobody wrote it down", () => {
    expect(() => mutate("nothing")).toThrow("nothing");
  });
});
