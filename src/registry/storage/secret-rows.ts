import type { SealedSecret, SecretName } from "../api/store-calls.ts";

export const TENANT_SECRETS_SQL = {
  find: "SELECT name, sealed, hosts_json, updated_at FROM tenant_secrets WHERE name = ?",
  put: "INSERT OR REPLACE INTO tenant_secrets (name, sealed, key_name, hosts_json, updated_at) VALUES (?, ?, ?, ?, ?)",
  delete: "DELETE FROM tenant_secrets WHERE name = ? RETURNING name",
  names: "SELECT name, hosts_json, updated_at FROM tenant_secrets ORDER BY name",
  all: "SELECT name, sealed, hosts_json, updated_at FROM tenant_secrets ORDER BY name",
  count: "SELECT count(*) AS secrets FROM tenant_secrets",
  underKey: "SELECT name, sealed FROM tenant_secrets WHERE key_name = ? LIMIT ?",
  countUnderKey: "SELECT count(*) AS secrets FROM tenant_secrets WHERE key_name = ?",
  sealAgain: "UPDATE tenant_secrets SET sealed = ?, key_name = ? WHERE name = ? AND sealed = ?",
} as const;

type Row = { name: string; sealed: string; hosts_json: string; updated_at: number };

const withHosts = <T extends { hosts_json: string }>({ hosts_json, ...fields }: T) => ({
  ...fields,
  hosts: JSON.parse(hosts_json) as string[],
});

/** The secrets of a tenant, in shard 0 only. Callers open the transactions. Times are epoch ms. */
export class TenantSecrets {
  readonly #sql: SqlStorage;
  readonly #previousKey: string | undefined;

  /** @param previousKey name of the key of before; what is under it is due to be sealed again */
  constructor(sql: SqlStorage, previousKey: string | undefined) {
    this.#sql = sql;
    this.#previousKey = previousKey;
  }

  find(name: string): SealedSecret | undefined {
    return this.#sql.exec<Row>(TENANT_SECRETS_SQL.find, name).toArray().map(withHosts)[0];
  }

  put({ name, sealed, hosts, updated_at }: SealedSecret, keyName: string): void {
    this.#sql.exec(TENANT_SECRETS_SQL.put, name, sealed, keyName, JSON.stringify(hosts), updated_at);
  }

  /** @returns whether there was one */
  delete(name: string): boolean {
    return this.#sql.exec(TENANT_SECRETS_SQL.delete, name).toArray().length > 0;
  }

  names(): SecretName[] {
    return this.#sql.exec<Omit<Row, "sealed">>(TENANT_SECRETS_SQL.names).toArray().map(withHosts);
  }

  all(): SealedSecret[] {
    return this.#sql.exec<Row>(TENANT_SECRETS_SQL.all).toArray().map(withHosts);
  }

  count(): number {
    return this.#sql.exec<{ secrets: number }>(TENANT_SECRETS_SQL.count).one().secrets;
  }

  countUnder(keyName: string): number {
    return this.#sql.exec<{ secrets: number }>(TENANT_SECRETS_SQL.countUnderKey, keyName).one().secrets;
  }

  underPreviousKey(limit: number): Pick<SealedSecret, "name" | "sealed">[] {
    if (this.#previousKey === undefined) return [];
    return this.#sql
      .exec<Pick<Row, "name" | "sealed">>(TENANT_SECRETS_SQL.underKey, this.#previousKey, limit)
      .toArray();
  }

  /** Replaces the sealed text, unless somebody has set the secret since it was read. */
  sealAgain(name: string, before: string, sealed: string, keyName: string): void {
    this.#sql.exec(TENANT_SECRETS_SQL.sealAgain, sealed, keyName, name, before);
  }

  /** At once while one is under the key of before (epoch ms); undefined: never. */
  firstDue(): number | undefined {
    return this.underPreviousKey(1).length > 0 ? 0 : undefined;
  }
}
