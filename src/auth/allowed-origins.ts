import { localhostAllowedOrigins } from "@modelcontextprotocol/server";
import { type Env, settingsOf } from "../env.ts";

/** A hostname, written alone or as an origin. */
const hostOf = (entry: string): string => URL.parse(entry)?.hostname || entry;

/**
 * Hostnames of the web pages that may call: those of this machine, those of ALLOWED_ORIGINS and, where a key is what
 * lets a call in, the server's own. Without AUTH_SECRET its own name proves nothing: the page may have chosen it.
 */
export function pageHosts(env: Env, url: URL): string[] {
  const { secrets, allowedOrigins } = settingsOf(env);
  const own = secrets === undefined ? [] : [url.hostname];
  return [...localhostAllowedOrigins(), ...own, ...allowedOrigins.map((entry) => hostOf(entry.toLowerCase()))];
}
