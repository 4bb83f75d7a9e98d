import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { parseArgs, parseEnv } from "node:util";
import { z } from "zod";
import { KEY_ID_BYTES, newKeyId } from "../src/auth/api-key.ts";
import { createKey, KeyRequest } from "../tooling/create-key.ts";
import { listKeys, revokeKey } from "./remote-keys.ts";

/**
 * `npm run keys`: makes API keys (offline), revokes them and lists the revoked ones (on a server). The key stands alone
 * on the last line of the output; everything else goes to standard error.
 */

const USAGE = `Usage:
  npm run keys -- create --tenant <name> --scope jobs:read,jobs:write [--days 365] [--secret <AUTH_SECRET>]
  npm run keys -- revoke --key <key id> --url <server> --admin-key <key>
  npm run keys -- list --url <server> --admin-key <key>
Scopes: jobs:read, jobs:write, blueprints:write, triggers:write, jobs:work, jobs:operate, admin.
AUTH_SECRET is taken from --secret, the environment or .dev.vars, in this order.`;

const DEV_VARS = ".dev.vars";

const OPTIONS = {
  tenant: { type: "string" },
  scope: { type: "string" },
  days: { type: "string" },
  secret: { type: "string" },
  key: { type: "string" },
  url: { type: "string" },
  "admin-key": { type: "string" },
} as const;

type Values = { [name in keyof typeof OPTIONS]?: string };

const secretOf = ({ secret }: Values): string | undefined =>
  secret ??
  process.env.AUTH_SECRET ??
  (existsSync(DEV_VARS) ? parseEnv(readFileSync(DEV_VARS, "utf8")).AUTH_SECRET : undefined);

function required(values: Values, name: keyof Values): string {
  const value = values[name];
  if (value === undefined) throw new Error(`--${name} is missing`);
  return value;
}

async function create(values: Values): Promise<string> {
  const { tenant, scope, days } = values;
  const request = KeyRequest.safeParse({ tenant, scope, days, secret: secretOf(values) });
  if (!request.success) throw new Error(z.prettifyError(request.error));
  const { key, claims } = await createKey(request.data, newKeyId(randomBytes(KEY_ID_BYTES)), Date.now());
  console.error(`key id   ${claims.key_id} (revoke it by this)`);
  console.error(`tenant   ${claims.tenant}`);
  console.error(`scopes   ${claims.scopes.join(", ")}`);
  console.error(`expires  ${new Date(claims.expires_at).toISOString()}`);
  return key;
}

const COMMANDS = new Map<string, (values: Values) => Promise<string>>([
  ["create", create],
  ["revoke", (values) => revokeKey(required(values, "url"), required(values, "admin-key"), required(values, "key"))],
  ["list", (values) => listKeys(required(values, "url"), required(values, "admin-key"))],
]);

try {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: OPTIONS });
  const command = COMMANDS.get(positionals.join(" "));
  if (command === undefined) throw new Error(USAGE);
  console.log(await command(values));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
