import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS } from "../../src/registry/storage/migrations/index.ts";

/** Documents that are made of the source: `npm run docs` writes them, and a test compares. */

const SRC = join(import.meta.dirname, "../../src");

interface Guide {
  APART_TOPICS: readonly string[];
  guideText: (handlers: readonly unknown[]) => string;
  topicText: (name: string, handlers: readonly unknown[]) => string;
}

interface Catalog {
  CATALOG: { handlers: Record<string, unknown> };
}

/**
 * What blueprint://guide is, and the parts that agents ask for one by one. Loaded by a path, because the catalogue has types of
 * the Workers runtime alone.
 */
async function guide(): Promise<string> {
  const { APART_TOPICS, guideText, topicText }: Guide = await import(join(SRC, "mcp/guide/guide.ts"));
  const { CATALOG }: Catalog = await import(join(SRC, "catalog/index.ts"));
  const handlers = Object.values(CATALOG.handlers);
  const apart = APART_TOPICS.map((name) => topicText(name, handlers).replace(/^#/, "##"));
  return [guideText(handlers), ...apart].join("\n");
}

interface Made {
  type: string;
  name: string;
  tbl_name: string;
  sql: string;
}

/** The comment in front of the table, in the last migration that made it. */
function commentOf(table: string): string {
  const made = new RegExp(`((?:^ *-- .*\\n)+) *CREATE (?:VIRTUAL )?TABLE ${table} `, "gm");
  const comments = MIGRATIONS.flatMap(({ sql }) => [...sql.matchAll(made)].map(([, comment = ""]) => comment));
  return (comments.at(-1) ?? "").replace(/^ *-- ?/gm, "").trim();
}

function section({ name, sql }: Made, indexes: readonly Made[]): string {
  const of = indexes.filter(({ tbl_name }) => tbl_name === name);
  const statements = [sql, ...of.map((index) => index.sql)].map((text) => `${text.replace(/\n {4}/g, "\n")};`);
  return [`## ${name}`, commentOf(name), `\`\`\`sql\n${statements.join("\n")}\n\`\`\``].filter(Boolean).join("\n\n");
}

/** The tables as all migrations leave them. */
function storageSchema(): string {
  const database = new DatabaseSync(":memory:");
  for (const { sql } of MIGRATIONS) database.exec(sql);
  const query = `SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL
    AND name NOT IN (SELECT name FROM pragma_table_list WHERE type = 'shadow') ORDER BY name`;
  const made = database.prepare(query).all() as unknown as Made[];
  database.close();
  const tables = made.filter(({ type }) => type === "table");
  const indexes = made.filter(({ type }) => type === "index");
  const introduction = `# Tables

Each object (\`<tenant>/<shard>\`) has a SQLite database of its own. Its schema is brought up to date by the migrations in
\`src/registry/storage/migrations/\`, in order, when the object starts; which ones it has had stands in \`schema_migrations\`. Times
are milliseconds since 1970, in columns that end in \`_at\`; durations end in \`_ms\`, JSON in \`_json\`.`;
  return `${[introduction, ...tables.map((table) => section(table, indexes))].join("\n\n")}\n`;
}

export const DOCUMENTS: { readonly [path: string]: () => string | Promise<string> } = {
  "docs/guide.md": guide,
  "docs/storage-schema.md": storageSchema,
};
