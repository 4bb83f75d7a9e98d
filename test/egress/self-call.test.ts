import { describe, expect, it } from "vitest";
import {
  homeOf,
  NONCE_HEADER,
  PROOF_HEADER,
  refuseOwnJob,
  SENDER_HEADER,
  senderId,
} from "../../src/egress/self-call.ts";
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
    expect(refused?.status).toBe(403);
    expect(await refused?.json()).toMatchObject({ error: "own_job", fix: expect.stringContaining("`job`") });
  });

  it("is proven by the refusal, for the request that was refused and by nobody else", async () => {
    const ours = await homeOf(SECRET, () => "nonce-1");
    const request = from(ours.sender);
    request.headers.set(NONCE_HEADER, ours.newNonce());
    const refused = (await refuseOwnJob(request, SECRET)) ?? new Response();
    const asked = { method: "GET", url: new URL("https://jobs.example.com/mcp"), nonce: "nonce-1" };
    expect(await ours.isRefusal(refused, asked)).toBe(true);
    for (const other of [
      { nonce: "nonce-2" },
      { method: "POST" },
      { url: new URL("https://jobs.example.com/") },
      // What it passed on for a job, and passes back.
      { url: new URL("https://relay.example/mcp") },
    ]) {
      expect(await ours.isRefusal(refused, { ...asked, ...other })).toBe(false);
    }
    const theirs = await homeOf(`${SECRET}.`, () => "nonce-1");
    expect(await theirs.isRefusal(refused, asked)).toBe(false);
    const proof = refused.headers.get(PROOF_HEADER) ?? "";
    const answers = [
      new Response(null, { status: 403, headers: { [SENDER_HEADER]: ours.sender } }),
      new Response(null, { status: 403, headers: { [PROOF_HEADER]: `${proof.slice(0, -2)}AA` } }),
      new Response(null, { status: 403, headers: { [PROOF_HEADER]: "no base64url!" } }),
      new Response(null, { status: 200, headers: { [PROOF_HEADER]: proof } }),
    ];
    for (const answer of answers) expect(await ours.isRefusal(answer, asked)).toBe(false);
  });

  it.each([undefined, "", "local", "another"])("lets %s pass", async (sender) => {
    expect(await refuseOwnJob(from(sender), SECRET)).toBeUndefined();
  });
});
