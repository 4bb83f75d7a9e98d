import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it } from "vitest";
import { decodePositions, encodePositions } from "../../../src/events/positions.ts";

const ROOT = join(import.meta.dirname, "../../..");
const SECONDS = 1_000;

/** What `npm run demo -- --keep` starts. */
const COMMAND = ["demo/demo.ts", "--keep"];

it("npm run demo -- --keep plays, then leaves its jobs, triggers and events to look at, until Ctrl-C", async () => {
  const demo = spawn("node", COMMAND, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(demo, "exit");
  let output = "";
  for (const stream of [demo.stdout, demo.stderr])
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  try {
    await expect.poll(() => output, { timeout: 120 * SECONDS, interval: 250 }).toContain("Ctrl-C ends it.");
    const [dashboard = ""] = /http:\/\/\S+\/ui\//.exec(output) ?? [];
    expect((await fetch(dashboard)).status).toBe(200);
    const api = async (path: string) => (await fetch(new URL(`/api/v1${path}`, dashboard))).json();
    const { jobs } = (await api("/jobs?limit=100")) as { jobs: { status: string }[] };
    expect(new Set(jobs.map(({ status }) => status))).toEqual(new Set(["succeeded", "failed"]));
    const { triggers } = (await api("/triggers")) as { triggers: { kind: string; runs: number }[] };
    expect(triggers.filter(({ runs }) => runs > 0).length).toBeGreaterThan(1);
    const { next_cursor } = (await api("/events")) as { next_cursor: string };
    // As the dashboard does: from some events before.
    const cursor = encodePositions((decodePositions(next_cursor) ?? []).map((position) => Math.max(0, position - 50)));
    const { events } = (await api(`/events?cursor=${encodeURIComponent(cursor)}`)) as { events: object[] };
    expect(events.length).toBeGreaterThan(0);
  } finally {
    demo.kill("SIGINT");
  }
  expect(await ended).toEqual([0, null]);
}, 180_000);
