import { parseJobId } from "../../jobs/id.ts";
import { utf8 } from "../../lib/json.ts";
import type { Secrets } from "../../lib/signing-key.ts";
import { MAX_LINK_TOKEN_CHARS } from "../../limits.ts";
import { joined, readToken, signToken } from "./signed-token.ts";

/** What the URL of a link ends with: the one question that it answers. */

const PURPOSE = "edge-jobs link v1";
const FORM = 1;

export interface LinkPlace {
  tenant: string;
  jobId: string;
  /** Of the step that asks. */
  path: string;
}

/** Neither an id nor a path has a line in it. */
const textOf = ({ tenant, jobId, path }: LinkPlace): string => `${jobId}\n${path}\n${tenant}`;

export const linkToken = (place: LinkPlace, secrets?: Secrets): Promise<string> =>
  signToken(PURPOSE, joined(Uint8Array.of(FORM), utf8(textOf(place))), secrets);

/** @returns undefined for all that {@link linkToken} did not make with one of the secrets */
export async function readLinkToken(
  text: string,
  secrets?: Secrets,
): Promise<(LinkPlace & { shard: number }) | undefined> {
  const place = await readToken(PURPOSE, text, MAX_LINK_TOKEN_CHARS, secrets);
  if (place?.[0] !== FORM) return undefined;
  const [jobId = "", path = "", ...tenant] = new TextDecoder().decode(place.slice(1)).split("\n");
  const shard = parseJobId(jobId)?.shard;
  return shard === undefined ? undefined : { tenant: tenant.join("\n"), jobId, path, shard };
}
