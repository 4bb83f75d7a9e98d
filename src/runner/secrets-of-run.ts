import { openSecrets } from "../egress/sealed-secrets.ts";
import { secretsFor } from "../egress/secret-bindings.ts";
import { Secrets } from "../egress/secrets.ts";
import type { Settings } from "../env.ts";
import type { Ask } from "../registry/api/client.ts";
import type { SealedSecret } from "../registry/api/store-calls.ts";
import { HOME_SHARD } from "../service/context.ts";
import type { RunnerPorts } from "./ports.ts";
import { resend } from "./reports/resend.ts";

/**
 * What the tenant's blueprints may send, as it is when a run starts. What the tenant set for itself comes last: of two with one
 * name that one is sent, and neither is shown. It comes with the start of a job that lies where it is kept, and else is
 * asked for.
 */
export function secretsOf(
  { secrets: signing, blueprintSecrets }: Pick<Settings, "secrets" | "blueprintSecrets">,
  tenant: string,
  ask: Ask,
  pause: (ms: number) => Promise<void>,
): Pick<RunnerPorts, "secrets" | "knowSecrets"> {
  const bound = secretsFor(tenant, blueprintSecrets);
  const secrets = new Secrets(bound);
  const atHome = () => resend(() => ask(HOME_SHARD, (home, server) => home.sealedSecrets(server)), pause);
  return {
    secrets,
    knowSecrets: async (own: SealedSecret[] | undefined) => {
      if (signing !== undefined)
        secrets.know([...bound, ...(await openSecrets(signing, tenant, own ?? (await atHome())))]);
    },
  };
}
