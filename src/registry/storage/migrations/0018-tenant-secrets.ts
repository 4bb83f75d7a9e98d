import type { Migration } from "./migration.ts";

/** What a tenant's blueprints may send. */
export const TENANT_SECRETS: Migration = {
  id: "0018_tenant_secrets",
  sql: `
    -- A secret of the tenant, encrypted, in shard 0 only. Written by callers with the scope admin and by the alarm, which
    -- encrypts again what is under a key of before; read by submits (names and hosts) and by the runner. \`sealed\` begins with
    -- \`key_name\`, the name of its key; empty: neither secret of the deployment opens it any more.
    CREATE TABLE tenant_secrets (
      name TEXT PRIMARY KEY,
      sealed TEXT NOT NULL,
      key_name TEXT NOT NULL,
      hosts_json TEXT NOT NULL,
      updated_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tenant_secrets_by_key ON tenant_secrets (key_name);
  `,
};
