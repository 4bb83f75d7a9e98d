import { keyNameOf } from "../../egress/sealed-text.ts";
import { utf8Bytes } from "../../lib/json.ts";
import { err, ok } from "../../lib/result.ts";
import { MAX_TENANT_SECRETS, SEALED_AGAIN_AT_ONCE } from "../../limits.ts";
import type { Caller } from "../api/caller.ts";
import type { SealedSecret, SecretsApi } from "../api/store-calls.ts";
import type { RegistryContext } from "../context.ts";

/** What the tenant's blueprints may send, as it is stored: sealed. */
export class SecretCalls implements SecretsApi {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  async putSecret({ actor }: Caller, { name, sealed, hosts }: Pick<SealedSecret, "name" | "sealed" | "hosts">) {
    const { store, tenantSecrets, admission, now } = this.#context;
    return store.transact(() => {
      const before = tenantSecrets.find(name);
      // The answer to the first of two that are the same was lost.
      if (before?.sealed === sealed) return ok({ created: false, updated_at: before.updated_at });
      const saved = before === undefined ? tenantSecrets.count() : 0;
      if (saved >= MAX_TENANT_SECRETS) {
        return err({ code: "too_many_secrets" as const, saved, limit: MAX_TENANT_SECRETS });
      }
      const full = admission.storageRefusal(utf8Bytes(sealed) + utf8Bytes(JSON.stringify(hosts)));
      if (full !== undefined) return err(full);
      const updated_at = now();
      tenantSecrets.put({ name, sealed, hosts, updated_at }, keyNameOf(sealed));
      store.note({ at: updated_at, action: "secret_set", actor, subject: name });
      return ok({ created: before === undefined, updated_at });
    });
  }

  async secretNames() {
    return this.#context.tenantSecrets.names();
  }

  async sealedSecrets() {
    return this.#context.tenantSecrets.all();
  }

  async deleteSecret({ actor }: Caller, name: string): Promise<boolean> {
    const { store, tenantSecrets, now } = this.#context;
    return store.transact(() => {
      if (!tenantSecrets.delete(name)) return false;
      store.note({ at: now(), action: "secret_deleted", actor, subject: name });
      return true;
    });
  }

  async sealedUnder(_caller: Caller, keyName: string): Promise<number> {
    const { tenantSecrets, subscriptions } = this.#context;
    return tenantSecrets.countUnder(keyName) + subscriptions.countSealedUnder(keyName);
  }

  /** The alarm: what is under the key of before is sealed again, so that the secret of before can go. */
  async onAlarm(): Promise<void> {
    const { store, tenantSecrets, sealing } = this.#context;
    if (sealing === undefined) return;
    for (const { name, sealed } of tenantSecrets.underPreviousKey(SEALED_AGAIN_AT_ONCE)) {
      const again = await sealing.sealAgain(sealed, name);
      // One that does not open would be due for ever.
      store.transact(() =>
        tenantSecrets.sealAgain(name, sealed, again ?? sealed, again === undefined ? "" : keyNameOf(again)),
      );
    }
  }
}
