import { openSecrets } from "../egress/sealed-secrets.ts";
import { secretsFor } from "../egress/secret-bindings.ts";
import { type Secret, Secrets } from "../egress/secrets.ts";
import type { Settings } from "../env.ts";
import type { Ask } from "../registry/api/client.ts";
import { HOME_SHARD } from "../service/context.ts";
import { resend } from "./reports/resend.ts";

/**
 * What the tenant's blueprints may send, as it is now. What the tenant set for itself comes last: of two with one name that one
 * is sent, and neither is shown.
 */
export async function secretsOf(
  { secrets, blueprintSecrets }: Pick<Settings, "secrets" | "blueprintSecrets">,
  tenant: string,
  ask: Ask,
  pause: (ms: number) => Promise<void>,
): Promise<Secrets> {
  const own: Secret[] = [];
  if (secrets !== undefined) {
    const sealed = await resend(() => ask(HOME_SHARD, (home, server) => home.sealedSecrets(server)), pause);
    own.push(...(await openSecrets(secrets, tenant, sealed)));
  }
  return new Secrets([...secretsFor(tenant, blueprintSecrets), ...own]);
}
