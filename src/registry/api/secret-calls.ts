import type { Result } from "../../lib/result.ts";
import type { Caller, StorageFull } from "./asking.ts";

/** Secrets of a tenant. None crosses to an object in plain: the Worker seals and opens them. Times are epoch ms. */

export interface SecretName {
  name: string;
  /** Where it may be sent, as lib/http/host-pattern.ts reads it. */
  hosts: string[];
  updated_at: number;
}

export type SealedSecret = SecretName & { sealed: string };

export type TooManySecrets = { code: "too_many_secrets"; saved: number; limit: number };

export interface SecretsApi {
  /** In shard 0 only. @returns whether it is a new one */
  putSecret(
    caller: Caller,
    secret: Pick<SealedSecret, "name" | "sealed" | "hosts">,
  ): Promise<Result<{ created: boolean; updated_at: number }, TooManySecrets | StorageFull>>;
  /** In shard 0 only, by name. */
  secretNames(caller: Caller): Promise<SecretName[]>;
  /** The same with what the runner opens. */
  sealedSecrets(caller: Caller): Promise<SealedSecret[]>;
  /** In shard 0 only. @returns whether there was one */
  deleteSecret(caller: Caller, name: string): Promise<boolean>;
  /** Texts of this object, secrets of callbacks too, that are sealed under this key. */
  sealedUnder(caller: Caller, keyName: string): Promise<number>;
}
