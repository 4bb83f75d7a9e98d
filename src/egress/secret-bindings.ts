import { type HostPattern, hostPattern } from "../lib/http/host-pattern.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { SECRET_NAME } from "../lib/secret-name.ts";
import { MAX_BLUEPRINT_SECRET_CHARS, MIN_BLUEPRINT_SECRET_CHARS } from "../limits.ts";
import type { Secret } from "./secrets.ts";

/** What BLUEPRINT_SECRETS lets one secret be used for. */
interface Grant {
  /** Undefined: verifies signatures of what comes in, and is sent nowhere. */
  host: HostPattern | undefined;
  /** Undefined: every tenant. */
  tenant: string | undefined;
}

export interface BoundSecret {
  name: string;
  value: string;
  grants: readonly Grant[];
}

const ENTRY = /^(?<name>[^@#]*)(?:@(?<target>[^@#]*))?(?:#(?<tenant>[^@#]*))?$/;
const TENANT = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const INBOUND = "webhook";

function readEntry(entry: string): Result<{ name: string } & Grant, string> {
  const { name = "", target, tenant } = ENTRY.exec(entry)?.groups ?? {};
  if (!SECRET_NAME.test(name)) return err("is not NAME@host, with a NAME of A-Z, 0-9 and _");
  if (target === undefined) return err(`names no host; write ${name}@api.example.com, or ${name}@* for any host`);
  const host = target === INBOUND ? undefined : hostPattern(target);
  if (target !== INBOUND && host === undefined) {
    return err("has no host behind the @; write a name such as api.example.com, *.example.com, or * for any");
  }
  if (tenant !== undefined && !TENANT.test(tenant)) return err("has no tenant behind the #; leave # out for all");
  return ok({ name, host, tenant });
}

/** Why the text is no secret; undefined when it is one. It does not hold the text. */
export function secretValueFault(value: string): string | undefined {
  if (value.trim() !== value) return "begins or ends with a space or a line break; set it again without";
  if (value.length > MAX_BLUEPRINT_SECRET_CHARS) return `is longer than ${MAX_BLUEPRINT_SECRET_CHARS} characters`;
  // A shorter one would be found, and replaced, in texts that have nothing to do with it.
  return value.length < MIN_BLUEPRINT_SECRET_CHARS
    ? `is shorter than ${MIN_BLUEPRINT_SECRET_CHARS} characters`
    : undefined;
}

const valueFault = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? secretValueFault(value) : "is not set; set it with: wrangler secret put";

/**
 * Reads BLUEPRINT_SECRETS: entries `NAME@host`, `NAME@host#tenant` or `NAME@webhook`, separated by commas.
 * @param read the variable or secret of that name
 * @param isOwn whether the name is one of the server's own, whose value no blueprint may get
 * @returns all that is wrong, one line each; no line holds a value
 */
export function readBindings(
  text: string,
  read: (name: string) => unknown,
  isOwn: (name: string) => boolean,
): Result<BoundSecret[], string[]> {
  const secrets = new Map<string, { name: string; value: string; grants: Grant[] }>();
  const faults: string[] = [];
  for (const entry of text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "")) {
    const parsed = readEntry(entry);
    if (!parsed.ok) {
      faults.push(`${JSON.stringify(entry)} ${parsed.error}`);
      continue;
    }
    const { name, ...grant } = parsed.value;
    const value = read(name);
    const fault = isOwn(name) ? "is the server's own and never for blueprints; remove it" : valueFault(value);
    if (fault !== undefined) faults.push(`${name} ${fault}`);
    else {
      const secret = secrets.get(name) ?? { name, value: String(value), grants: [] };
      secret.grants.push(grant);
      secrets.set(name, secret);
    }
  }
  return faults.length > 0 ? err([...new Set(faults)]) : ok([...secrets.values()]);
}

/** What the blueprints of the tenant may send, and where. Another tenant's secret is like one that does not exist. */
export function secretsFor(tenant: string, bound: readonly BoundSecret[]): Secret[] {
  return bound.flatMap(({ name, value, grants }) => {
    const own = grants.filter((grant) => grant.tenant === undefined || grant.tenant === tenant);
    const hosts = own.map(({ host }) => host).filter((host) => host !== undefined);
    return hosts.length > 0 ? [{ name, value, hosts }] : [];
  });
}

/** What signatures of webhooks of the tenant are verified with, by name. */
export const webhookSecretsFor = (tenant: string, bound: readonly BoundSecret[]): ReadonlyMap<string, string> =>
  new Map(
    bound.flatMap(({ name, value, grants }) => {
      const own = grants.filter((grant) => grant.tenant === undefined || grant.tenant === tenant);
      return own.some(({ host }) => host === undefined) ? [[name, value] as const] : [];
    }),
  );
