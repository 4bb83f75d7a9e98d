import { expect, it } from "vitest";
import { failureMessage } from "../../src/egress/failure-message.ts";

it.each([
  [new Error("internal error; reference = kk9sin86shhfab0h51nev2fv"), "there is no such host, or no connection to it"],
  [new Error("Network connection lost."), "Network connection lost."],
  ["gone", "gone"],
])("a request that had no answer says why in words that help: %s", (error, message) => {
  expect(failureMessage(error)).toBe(message);
});
