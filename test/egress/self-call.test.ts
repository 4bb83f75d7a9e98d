import { describe, expect, it } from "vitest";
import { refuseOwnJob, SENDER_HEADER, senderId } from "../../src/egress/self-call.ts";
import { SECRET } from "../auth/keys.ts";

const from = (sender?: string): Request =>
  new Request("https://jobs.example.com/mcp", { headers: sender === undefined ? {} : { [SENDER_HEADER]: sender } });

describe("the name of a deployment", () => {
  it("stays the same, differs from every other's, and says nothing about the secret", async () => {
    const names = await Promise.all([SECRET, SECRET, `${SECRET}.`, undefined, ""].map(senderId));
    expect(names[0]).toBe(names[1]);
    expect(new Set(names).size).toBe(3);
    expect(names[0]).toMatch(/^[\w-]{16}$/);
  });

  it("is what a request of its own job is refused for", async () => {
    const refused = await refuseOwnJob(from(await senderId(SECRET)), SECRET);
    expect([refused?.status, refused?.headers.get(SENDER_HEADER)]).toEqual([403, await senderId(SECRET)]);
    expect(await refused?.json()).toMatchObject({ error: "own_job", fix: expect.stringContaining("`job`") });
  });

  it.each([undefined, "", "local", "another"])("lets %s pass", async (sender) => {
    expect(await refuseOwnJob(from(sender), SECRET)).toBeUndefined();
  });
});
