import { DurableObject } from "cloudflare:workers";

/** About what one job's row holds. */
const BODY = JSON.stringify({ name: "bench", status: "queued", text: "x".repeat(700) });

export interface BareRow {
  [column: string]: string;
  id: string;
  body: string;
}

/** Rows of a page. */
const PAGE = 50;

/** The least that a Durable Object can do: one row by its key, a page of rows, and one row more. */
export class BareObject extends DurableObject {
  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as Cloudflare.Env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS rows (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID",
    );
    ctx.storage.sql.exec("INSERT OR IGNORE INTO rows (id, body) VALUES ('first', ?)", BODY);
    for (let i = 0; i < PAGE; i++) {
      ctx.storage.sql.exec("INSERT OR IGNORE INTO rows (id, body) VALUES (?, ?)", `page-${i}`, BODY);
    }
  }

  read(id: string): BareRow | null {
    return this.ctx.storage.sql.exec<BareRow>("SELECT id, body FROM rows WHERE id = ?", id).toArray()[0] ?? null;
  }

  readPage(): BareRow[] {
    const page = "SELECT id, body FROM rows WHERE id >= 'page-' ORDER BY id LIMIT ?";
    return this.ctx.storage.sql.exec<BareRow>(page, PAGE).toArray();
  }

  insert(): BareRow {
    const id = crypto.randomUUID();
    this.ctx.storage.sql.exec("INSERT INTO rows (id, body) VALUES (?, ?)", id, BODY);
    return { id, body: BODY };
  }
}

export interface BareEnv {
  BARE: DurableObjectNamespace<BareObject>;
}
