import { fromBase64Url, toBase64Url } from "../lib/base64url.ts";
import { utf8 } from "../lib/json.ts";

/** Which acquisition of which offer. */
export interface ClaimRef {
  job_id: string;
  /** Of the step. */
  path: string;
  /** Grows with each acquisition. */
  token: number;
}

/** A claim as workers carry it. It says nothing that its holder may not know, and gives no authority over another tenant's job. */
export const encodeClaim = ({ job_id, path, token }: ClaimRef): string =>
  toBase64Url(utf8(JSON.stringify([job_id, path, token])));

/** @returns undefined for text that no claim is */
export function decodeClaim(text: string): ClaimRef | undefined {
  try {
    const fields: unknown = JSON.parse(new TextDecoder().decode(fromBase64Url(text)));
    if (!Array.isArray(fields) || fields.length !== 3) return undefined;
    const [job_id, path, token] = fields;
    const isOurs = typeof job_id === "string" && typeof path === "string" && Number.isSafeInteger(token);
    return isOurs ? { job_id, path, token } : undefined;
  } catch {
    return undefined;
  }
}
