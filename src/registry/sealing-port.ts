import { secretOwner } from "../egress/sealed-secrets.ts";
import { keyNames, sealAgain } from "../egress/sealed-text.ts";
import { type Env, readSettings } from "../env.ts";

/** How what is stored under a secret of before is sealed again. */
export interface SealingPort {
  /** Name of the key of before; undefined: AUTH_SECRET is not being changed. */
  previousKey: string | undefined;
  /** @returns undefined for what does not open */
  sealAgain: (sealed: string, name: string) => Promise<string | undefined>;
}

/** @param name of the object, `<tenant>/<shard>`; one that does not know it has no secrets */
export async function sealingPort(env: Env, name: string | undefined): Promise<SealingPort | undefined> {
  const { secrets } = readSettings(env);
  const tenant = name?.split("/")[0];
  if (secrets === undefined || tenant === undefined) return undefined;
  const { previous } = await keyNames(secrets);
  return {
    previousKey: previous,
    sealAgain: (sealed, secret) =>
      sealAgain(secrets, "edge-jobs tenant secret v1", sealed, secretOwner(tenant, secret)),
  };
}
