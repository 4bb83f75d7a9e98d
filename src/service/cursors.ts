import { fromBase64Url, toBase64Url } from "../lib/base64url.ts";
import { utf8 } from "../lib/json.ts";
import { err, type Result } from "../lib/result.ts";
import { isSignedByAny, memoizedKey, type Secrets } from "../lib/signing-key.ts";
import { type Cursor, decodeCursor, encodeCursor } from "./cursor.ts";

/**
 * Cursors of one tenant, as callers carry them: `<fields>.<HMAC>`. The signature covers the tenant too, so that a cursor
 * is good for nobody else. They do not expire, and belong to no request, so the SDK's codec for request state does not fit.
 */
export interface Cursors {
  write: (cursor: Cursor) => Promise<string>;
  /** `invalid_cursor` for all that `write` did not make for this tenant and filter. */
  read: (text: string, filter: string) => Promise<Result<Cursor, { code: "invalid_cursor" }>>;
}

/** Without AUTH_SECRET there is one tenant, on this machine: the signature keeps nobody out, only mistakes. */
const DEV_SECRET = "edge-jobs without AUTH_SECRET";

const PURPOSE = "edge-jobs cursor v1";
const INVALID = err({ code: "invalid_cursor" as const });

/** @param secrets undefined: without AUTH_SECRET */
export function cursorsOf(tenant: string, secrets: Secrets = { current: DEV_SECRET }): Cursors {
  const signed = (fields: string) => utf8(`${tenant}\n${fields}`);
  return {
    write: async (cursor) => {
      const fields = encodeCursor(cursor);
      const mac = await crypto.subtle.sign("HMAC", await memoizedKey(secrets.current, PURPOSE), signed(fields));
      return `${fields}.${toBase64Url(new Uint8Array(mac))}`;
    },
    read: async (text, filter) => {
      const [fields = "", mac = "", ...more] = text.split(".");
      const signature = fromBase64Url(mac);
      if (signature === undefined || more.length > 0) return INVALID;
      const isOurs = await isSignedByAny(secrets, PURPOSE, signature, signed(fields));
      return isOurs ? decodeCursor(fields, filter) : INVALID;
    },
  };
}
