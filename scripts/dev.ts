import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { parseArgs, parseEnv } from "node:util";
import ipaddr from "ipaddr.js";
import { buildUi } from "../tooling/build/build-ui.ts";
import { RUNTIME_ENV } from "../tooling/workerd/runtime-env.ts";

/**
 * `npm run dev -- <flags of wrangler dev>`. Without AUTH_SECRET whoever reaches the server owns it, and the runtime of this
 * machine lets a client say where it comes from: so such a server listens on loopback addresses only.
 */

const { values } = parseArgs({
  strict: false,
  allowPositionals: true,
  options: {
    ip: { type: "string", multiple: true },
    tunnel: { type: "boolean" },
    var: { type: "string", multiple: true },
    "env-file": { type: "string", multiple: true },
  },
});

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "string");

const isLoopback = (ip: string): boolean =>
  ip === "localhost" || (ipaddr.isValid(ip) && ipaddr.process(ip).range() === "loopback");

/** As wrangler reads them: named files take the place of .dev.vars. */
function hasSecret(): boolean {
  const given = texts(values.var).find((text) => text.startsWith("AUTH_SECRET:"));
  if (given !== undefined) return given !== "AUTH_SECRET:";
  const named = texts(values["env-file"]);
  const files = named.length > 0 ? named : [".dev.vars"];
  return files.some((file) => existsSync(file) && Boolean(parseEnv(readFileSync(file, "utf8")).AUTH_SECRET));
}

const open = texts(values.ip).filter((ip) => !isLoopback(ip));
if ((open.length > 0 || values.tunnel === true) && !hasSecret()) {
  const where = values.tunnel === true ? "--tunnel" : `--ip ${open.join(" ")}`;
  console.error(
    `${where} would open a server without AUTH_SECRET to others, who could do anything on it.\n` +
      "Put AUTH_SECRET=<openssl rand -hex 32> into .dev.vars first, or leave it at 127.0.0.1.",
  );
  process.exit(1);
}

await buildUi();
const env = { ...RUNTIME_ENV, ...process.env };
const wrangler = spawn("wrangler", ["dev", ...process.argv.slice(2)], { stdio: "inherit", env });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => wrangler.kill(signal));
wrangler.on("error", (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
wrangler.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal === null ? 1 : 0);
});
