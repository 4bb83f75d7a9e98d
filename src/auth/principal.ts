import { MAX_ACTOR_CHARS } from "../limits.ts";
import type { Claims } from "./api-key.ts";
import type { Scope } from "./scopes.ts";

/** The authenticated caller. The tenant comes from verified credentials only, never from an argument. */
export interface Principal {
  tenant: string;
  /** null: no key, since the server is open to this machine only. */
  key_id: string | null;
  /** The OAuth client that calls on behalf of whoever holds that key. */
  client_id?: string;
  scopes: readonly Scope[];
}

/** PERSISTED in jobs and in the audit: `key_...`, or `key_.../<OAuth client>`; null: this machine. */
export const actorOf = ({ key_id, client_id }: Principal): string | null =>
  key_id !== null && client_id !== undefined ? `${key_id}/${client_id}`.slice(0, MAX_ACTOR_CHARS) : key_id;

export const principalOf = ({ tenant, key_id, scopes }: Claims): Principal => ({ tenant, key_id, scopes });
