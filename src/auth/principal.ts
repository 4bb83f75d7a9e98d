import type { Scope } from "./scopes.ts";

/** The authenticated caller. The tenant comes from verified credentials only, never from an argument. */
export interface Principal {
  tenant: string;
  /** null: no key, since the server is open to this machine only. */
  key_id: string | null;
  scopes: readonly Scope[];
}
