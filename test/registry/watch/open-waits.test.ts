import { describe, expect, it } from "vitest";
import { MAX_WAITS, MAX_WAITS_PER_KEY } from "../../../src/limits.ts";
import { OpenWaits } from "../../../src/registry/watch/open-waits.ts";

/** A wait that ends when it is told to, and what has ended so far. */
function place() {
  const waits = new OpenWaits();
  const ended: string[] = [];
  const hold = (key: string | null, name: string, released?: () => Promise<void>) =>
    waits.hold(key, released, async (over) => {
      await new Promise((resolve) => over.addEventListener("abort", resolve));
      ended.push(name);
      return name;
    });
  return { waits, ended, hold };
}

const turn = () => scheduler.wait(0);

describe("open waits", () => {
  it("of one key that become more than 100 end the oldest of that key, as if its time were over", async () => {
    const { ended, hold } = place();
    const [other] = [hold("other", "other"), hold(null, "machine")];
    const open = Array.from({ length: MAX_WAITS_PER_KEY }, (_, i) => hold("key", `${i}`));
    await turn();
    expect(ended).toEqual([]);
    const [next] = [hold("key", "next"), hold("key", "after")];
    expect(await Promise.all(open.slice(0, 2))).toEqual([
      { ok: true, value: "0" },
      { ok: true, value: "1" },
    ]);
    await turn();
    expect(ended).toEqual(["0", "1"]);
    expect(await Promise.race([other, next, turn()])).toBeUndefined();
  });

  it("of all callers that become more than 1,000 end the oldest of all", async () => {
    const { ended, hold } = place();
    for (let i = 0; i < MAX_WAITS; i++) void hold(`key_${i % 20}`, `${i}`);
    await turn();
    expect(ended).toEqual([]);
    void hold(null, "machine");
    void hold("key", "next");
    await turn();
    expect(ended).toEqual(["0", "1"]);
  });

  it("that ended by themselves count no more", async () => {
    const { waits, ended, hold } = place();
    const kept = hold("key", "kept");
    for (let i = 0; i < 3 * MAX_WAITS_PER_KEY; i++) {
      expect(await waits.hold("key", undefined, async () => i)).toEqual({ ok: true, value: i });
    }
    await expect(waits.hold("key", undefined, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(ended).toEqual([]);
    waits.endOfKey("key");
    expect(await kept).toEqual({ ok: false, error: "revoked" });
  });

  it("end when their caller says that it has gone, or when its connection breaks", async () => {
    const { ended, hold } = place();
    const gone = Promise.withResolvers<void>();
    const waiting = [
      hold("key", "told", () => gone.promise),
      hold("key", "broken", () => Promise.reject(new Error("lost"))),
    ];
    expect(await waiting[1]).toEqual({ ok: true, value: "broken" });
    expect(ended).toEqual(["broken"]);
    gone.resolve();
    expect(await waiting[0]).toEqual({ ok: true, value: "told" });
  });

  it("of a revoked key say so at once, and others go on", async () => {
    const { waits, ended, hold } = place();
    const [lost, kept] = [hold("key", "lost"), hold("other", "kept")];
    waits.endOfKey("key");
    expect(await lost).toEqual({ ok: false, error: "revoked" });
    await turn();
    expect(ended).toEqual(["lost"]);
    expect(await Promise.race([kept, turn()])).toBeUndefined();
  });
});
