import { describe, expect, it } from "vitest";
import { encodeCursor } from "../../src/service/cursor.ts";
import { cursorsOf } from "../../src/service/cursors.ts";
import { callTool, world } from "../mcp/support.ts";

const SECRET = "a secret of the tests, 32 characters or more";
const ours = cursorsOf("acme", { current: SECRET });
const cursor = { after: "job_1", filter: "f" };
const INVALID = { ok: false, error: { code: "invalid_cursor" } };

describe("a signed cursor", () => {
  it("comes back for its tenant and filter", async () => {
    expect(await ours.read(await ours.write(cursor), "f")).toEqual({ ok: true, value: cursor });
  });

  it("of the secret before is read as long as that one is named, and never written", async () => {
    const rotated = cursorsOf("acme", { current: `${SECRET}!`, previous: SECRET });
    expect(await rotated.read(await ours.write(cursor), "f")).toEqual({ ok: true, value: cursor });
    expect(await ours.read(await rotated.write(cursor), "f")).toEqual(INVALID);
    expect(await cursorsOf("acme", { current: `${SECRET}!` }).read(await rotated.write(cursor), "f")).toMatchObject({
      ok: true,
    });
  });

  it("needs no escaping in a URL", async () => {
    expect(await ours.write(cursor)).toMatch(/^[\w-]+\.[\w-]{43}$/);
  });

  it.each([
    ["another tenant", cursorsOf("globex", { current: SECRET }), "f"],
    ["another secret", cursorsOf("acme", { current: `${SECRET}!` }), "f"],
    ["a server without secret", cursorsOf("acme"), "f"],
    ["another filter", ours, "g"],
  ])("is refused by %s", async (_who, theirs, filter) => {
    expect(await theirs.read(await ours.write(cursor), filter)).toEqual(INVALID);
  });

  it("is refused when any one bit of it is flipped", async () => {
    const bytes = new TextEncoder().encode(await ours.write(cursor));
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const altered = bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      const text = String.fromCharCode(...altered);
      expect(await ours.read(text, "f"), text).toEqual(INVALID);
    }
  });

  it.each([
    ["without signature", encodeCursor(cursor)],
    ["with an empty one", `${encodeCursor(cursor)}.`],
    ["with one of zeros", `${encodeCursor(cursor)}.${"A".repeat(43)}`],
    ["of nothing", ""],
    ["of dots", "..."],
  ])("is refused %s", async (_how, text) => {
    expect(await ours.read(text, "f")).toEqual(INVALID);
  });

  it("is refused with something added", async () => {
    const text = await ours.write(cursor);
    for (const added of [`${text}.`, `${text}=`, ` ${text}`, `${text}A`, `.${text}`]) {
      expect(await ours.read(added, "f"), added).toEqual(INVALID);
    }
  });
});

describe("a listing", () => {
  it.each(["jobs_list", "blueprints_list"])(
    "of %s refuses a cursor that nobody signed, and says where and what to do",
    async (tool) => {
      const { deps } = world();
      const { isError, text } = await callTool(deps, tool, {
        cursor: encodeCursor({ after: "a", filter: "blueprints" }),
      });
      expect(isError).toBe(true);
      expect(text).toMatch(/^The cursor is not valid\.\ncursor: .+\. .+$/);
    },
  );
});
