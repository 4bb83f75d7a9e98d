import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spreadOf } from "./rounds.ts";

const ROOT = join(import.meta.dirname, "..");

export interface Startup {
  /** CPU time until the module is evaluated, on this machine. Cloudflare allows 1 s, on its own. */
  activeMs: number;
  bundleGzipKiB: number;
}

function once(outfile: string): Startup {
  const { status, stdout, stderr } = spawnSync("wrangler", ["check", "startup", "--outfile", outfile], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const [, gzip] = /gzip: ([\d.]+) KiB/.exec(stdout) ?? [];
  const [, active] = /Active: ([\d.]+) ms/.exec(stdout) ?? [];
  if (status !== 0 || gzip === undefined || active === undefined) throw new Error(stdout + stderr);
  return { activeMs: Number(active), bundleGzipKiB: Number(gzip) };
}

/** The median of several starts, each in a runtime of its own. */
export function measureStartup(times: number): Startup {
  const folder = mkdtempSync(join(tmpdir(), "edge-jobs-startup-"));
  const all = Array.from({ length: times }, () => once(join(folder, "startup.cpuprofile")));
  rmSync(folder, { recursive: true });
  return {
    activeMs: spreadOf(all.map(({ activeMs }) => activeMs)).median,
    bundleGzipKiB: spreadOf(all.map(({ bundleGzipKiB }) => bundleGzipKiB)).median,
  };
}
