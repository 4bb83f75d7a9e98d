import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";

/**
 * A sixth of the 3 MiB that the free plan takes: https://developers.cloudflare.com/workers/platform/limits/ (2026-11). It was
 * 400 when there were jobs alone; triggers, events, workers, REST and `ai` are 90 KiB.
 */
const BUDGET_KIB = 512;

it(`the bundle that would be deployed builds and is at most ${BUDGET_KIB} KiB gzipped`, () => {
  const folder = mkdtempSync(join(tmpdir(), "edge-jobs-bundle-"));
  try {
    execFileSync("wrangler", ["deploy", "--dry-run", "--outdir", folder], {
      cwd: join(import.meta.dirname, "../.."),
      encoding: "utf8",
      env: { ...process.env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" },
    });
    const modules = globSync("**/*.{js,mjs,wasm}", { cwd: folder });
    const kib = modules.reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file))).length, 0) / 1024;
    console.log(`bundle: ${kib.toFixed(1)} KiB gzip`);
    expect(kib).toBeGreaterThan(0);
    expect(kib).toBeLessThanOrEqual(BUDGET_KIB);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
