import { createHash } from "node:crypto";

/** What stands for a row of a map in a key, by its item. Worked out apart from the code that it is compared with. */
export const rowDigest = (item: string | number): string =>
  createHash("sha256").update(JSON.stringify(item)).digest("base64url").slice(0, 22);
