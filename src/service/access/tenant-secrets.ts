import pMap from "p-map";
import * as z from "zod";
import type { UsableSecret } from "../../blueprint/checks/secret-faults.ts";
import { secretValueFault } from "../../egress/secret-bindings.ts";
import { hostPattern } from "../../lib/http/host-pattern.ts";
import { err, ok } from "../../lib/result.ts";
import { SECRET_NAME } from "../../lib/secret-name.ts";
import { iso } from "../../lib/time.ts";
import { MAX_BLUEPRINT_SECRET_CHARS, MAX_HOST_CHARS, MAX_SECRET_HOSTS, REVOKE_CONCURRENCY } from "../../limits.ts";
import type { StorageFull } from "../../registry/api/caller.ts";
import type { TooManySecrets } from "../../registry/api/store-calls.ts";
import { type InvalidArguments, invalidArguments } from "../arguments.ts";
import { type Answer, HOME_SHARD, type ServiceContext } from "../context.ts";

/** Secrets that a tenant sets for its own blueprints. No tool does this: a value must not pass through a model's context. */

const secretName = z
  .string()
  .regex(SECRET_NAME, "must be a name of A-Z, 0-9 and _, starting with a letter")
  .describe("Its name, which blueprints use as {secret}.");

const host = z.string().min(1).max(MAX_HOST_CHARS);

export const PutSecretInput = z.strictObject({
  name: secretName,
  value: z.string().max(MAX_BLUEPRINT_SECRET_CHARS).describe("The secret itself; it is never shown again."),
  hosts: z
    .array(host)
    .min(1)
    .max(MAX_SECRET_HOSTS)
    .describe("Where it may be sent: `api.example.com`, with a port, `*.example.com`, or `*` for any host."),
});

export const DeleteSecretInput = z.strictObject({ name: secretName });

export interface SecretView {
  name: string;
  hosts: string[];
  updated_at: string;
}

export interface SecretsView {
  secrets: SecretView[];
  /** What AUTH_SECRET_PREVIOUS is still needed for, secrets of subscriptions too. */
  need_previous: number;
}

type Context = Pick<ServiceContext, "ask" | "shards" | "secretSeal">;

export async function listSecrets({ ask, shards, secretSeal }: Context): Promise<SecretsView> {
  const secrets = await ask(HOME_SHARD, (registry, caller) => registry.secretNames(caller));
  const previous = await secretSeal?.previousKey();
  const all = previous === undefined ? [] : Array.from({ length: shards }, (_, shard) => shard);
  const counts = await pMap(
    all,
    (shard) => ask(shard, (registry, caller) => registry.sealedUnder(caller, previous ?? "")),
    { concurrency: REVOKE_CONCURRENCY },
  );
  return {
    secrets: secrets.map(({ updated_at, ...secret }) => ({ ...secret, updated_at: iso(updated_at) })),
    need_previous: counts.reduce((sum, count) => sum + count, 0),
  };
}

const hostFault = (at: number) => ({
  path: `hosts[${at}]`,
  message: "is no host",
  fix: "Send a name such as api.example.com, api.example.com:8443, *.example.com, or * for any.",
});

type Unavailable = { code: "secrets_unavailable"; faults: readonly { path: string; message: string; fix: string }[] };

const UNAVAILABLE: Unavailable = {
  code: "secrets_unavailable",
  faults: [
    {
      path: "value",
      message: "cannot be encrypted: this server has no AUTH_SECRET",
      fix: "The operator sets one of 32 characters or more: wrangler secret put AUTH_SECRET, or in .dev.vars on this machine.",
    },
  ],
};

/** Sets the secret, or replaces it. */
export async function putSecret(
  { ask, secretSeal }: Context,
  { name, value, hosts }: z.output<typeof PutSecretInput>,
): Answer<SecretView & { created: boolean }, InvalidArguments | Unavailable | TooManySecrets | StorageFull> {
  if (secretSeal === undefined) return err(UNAVAILABLE);
  const patterns = hosts.map((text) => hostPattern(text));
  const fault = secretValueFault(value);
  const faults = [
    ...(fault === undefined ? [] : [{ path: "value", message: fault, fix: "Send the secret as the service gave it." }]),
    ...patterns.flatMap((pattern, at) => (pattern === undefined ? [hostFault(at)] : [])),
  ];
  if (faults.length > 0) return invalidArguments(faults);
  const where = [...new Set(patterns.filter((pattern) => pattern !== undefined))];
  const sealed = await secretSeal.seal(value, name);
  const put = await ask(HOME_SHARD, (registry, caller) => registry.putSecret(caller, { name, sealed, hosts: where }));
  if (!put.ok) return put;
  const { created, updated_at } = put.value;
  return ok({ name, hosts: where, updated_at: iso(updated_at), created });
}

export async function deleteSecret(
  { ask }: Context,
  { name }: z.output<typeof DeleteSecretInput>,
): Answer<{ deleted: true }, { code: "unknown_secret" }> {
  const isDeleted = await ask(HOME_SHARD, (registry, caller) => registry.deleteSecret(caller, name));
  return isDeleted ? ok({ deleted: true }) : err({ code: "unknown_secret" });
}

/** Whatever refers to a secret has this in its text. */
const REFERENCE = '"secret":';

/**
 * What the blueprint of this text may send: what the tenant set comes before what the operator bound under the same name.
 * The tenant's are asked for only when the blueprint names any.
 */
export async function usableSecrets(
  { ask, secrets, secretSeal }: Pick<ServiceContext, "ask" | "secrets" | "secretSeal">,
  text: string,
): Promise<readonly UsableSecret[]> {
  if (secretSeal === undefined || !text.includes(REFERENCE)) return secrets;
  const own = await ask(HOME_SHARD, (registry, caller) => registry.secretNames(caller));
  const names = new Set(own.map(({ name }) => name));
  return [...own.map(({ name, hosts }) => ({ name, hosts })), ...secrets.filter(({ name }) => !names.has(name))];
}
