import { describe, expect, it } from "vitest";
import { textToMillis } from "../../../src/expression/functions/to-millis.ts";
import { evaluated } from "../../blueprint/support.ts";

const NOON = Date.UTC(2026, 10, 20, 12);

describe("$toMillis", () => {
  it.each([
    ["2026-11-20T12:00:00Z", NOON],
    ["2026-11-20T12:00:00.000Z", NOON],
    ["2026-11-20T12:00Z", NOON],
    ["2026-11-20T13:30:00+01:30", NOON],
    ["2026-11-20T13:30:00+0130", NOON],
    ["2026-11-20T08:00:00-0400", NOON],
    ["2026-11-20T12:00:00", NOON],
    ["2026-11-20T12:00:00.123456789Z", NOON + 123],
    ["2026-11-20", Date.UTC(2026, 10, 20)],
    ["2028-02-29", Date.UTC(2028, 1, 29)],
    ["2026", Date.UTC(2026, 0, 1)],
    ["0099-01-01", -59_042_995_200_000],
    ["Fri, 20 Nov 2026 12:00:00 GMT", NOON],
    ["Fri, 20 Nov 2026 13:00:00 +0100", NOON],
    ["20 Nov 2026 07:00 -0500 (EST)", NOON],
  ])("reads %s", async (text, millis) => {
    expect(textToMillis(text)).toBe(millis);
    expect(await evaluated("{% $toMillis($input) %}", { input: text })).toBe(millis);
  });

  it.each([
    "2026-02-30",
    "2026-02-29T00:00:00Z",
    "2026-13-01",
    "2026-11-20T24:00:00Z",
    "2026-11-20T12:60:00Z",
    "2026-11-20T12:00:00+25:00",
    "2026-11-20T12:00:00+0190",
    "2026-11-20T12:00:00+1",
    "31 Feb 2026 12:00:00 GMT",
    "Fri, 20 Nov 2026 12:00:00 EST",
    "yesterday",
    "",
  ])("refuses %j, and yields no NaN", async (input) => {
    expect(await evaluated("{% $toMillis($input) %}", { input })).toMatch(/^error: .*no time that exists/);
  });

  it("refuses a text that does not match its picture", async () => {
    expect(await evaluated("{% $toMillis('20/11/2026', '[Y0001]-[M01]-[D01]') %}")).toMatch(
      /does not match the picture/,
    );
    expect(await evaluated("{% $toMillis('2026-11-20', '[Y0001]-[M01]-[D01]') %}")).toBe(Date.UTC(2026, 10, 20));
  });
});

describe("a text with a picture", () => {
  it.each([
    ["2026-13-01", "[Y0001]-[M01]-[D01]"],
    ["2026-02-30", "[Y0001]-[M01]-[D01]"],
    ["25:00 on 1.1.2026", "[H01]:[m01] on [D].[M].[Y]"],
  ])("that is no time, %s, is refused", async (text, picture) => {
    expect(await evaluated(`{% $toMillis('${text}', '${picture}') %}`)).toMatch(/does not match the picture/);
  });

  it.each([
    ["01.02.2026", "[D01].[M01].[Y0001]", Date.UTC(2026, 1, 1)],
    ["1/2/2026 3:04 pm", "[M]/[D]/[Y] [h]:[m01] [P]", Date.UTC(2026, 0, 2, 15, 4)],
    ["2026-11-20T12:00:00+01:00", "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01][Z01:01]", Date.UTC(2026, 10, 20, 11)],
    ["20th November, 2026", "[D1o] [MNn], [Y]", Date.UTC(2026, 10, 20)],
  ])("is read: %s", async (text, picture, at) => {
    expect(await evaluated(`{% $toMillis('${text}', '${picture}') %}`)).toBe(at);
  });
});

describe("what an author says", () => {
  it.each([
    ["$error('no such user')", "error: no such user"],
    ["$assert(false, 'it must hold')", "error: it must hold"],
  ])("comes without the source: %s", async (expression, message) => {
    expect(await evaluated(`{% ${expression} %}`)).toBe(message);
  });
});
