import type { Secrets as SigningSecrets } from "../lib/signing-key.ts";
import { openText, sealText } from "./sealed-text.ts";
import type { Secret } from "./secrets.ts";

/** Secrets that a tenant set for itself: sealed before they are stored, opened where they are sent. */

const PURPOSE = "edge-jobs tenant secret v1";

/** PERSISTED: a sealed secret opens as that of no other tenant, and under no other name. */
export const secretOwner = (tenant: string, name: string): string => `${tenant}/${name}`;

export const sealSecret = (secrets: SigningSecrets, tenant: string, name: string, value: string): Promise<string> =>
  sealText(secrets, PURPOSE, value, secretOwner(tenant, name));

/** Those that open; the others were sealed under an AUTH_SECRET that is gone. */
export async function openSecrets(
  secrets: SigningSecrets,
  tenant: string,
  sealed: readonly { name: string; sealed: string; hosts: readonly string[] }[],
): Promise<Secret[]> {
  const opened = await Promise.all(
    sealed.map(async ({ name, hosts, ...each }) => {
      const value = await openText(secrets, PURPOSE, each.sealed, secretOwner(tenant, name));
      return value === undefined ? [] : [{ name, value, hosts }];
    }),
  );
  return opened.flat();
}
