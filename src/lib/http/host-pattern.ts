/**
 * Hosts that something may go to: `api.example.com`, `api.example.com:8443`, `*.example.com` (any depth, not the domain
 * itself), or `*` for any. Without a port any port is meant.
 */
export type HostPattern = string;

const HOST = /^(\*\.)?(\[[\da-f:.]+\]|[\p{L}\p{N}._-]+)(:\d{1,5})?$/iu;

/** The pattern as {@link matchesHost} reads it, host spelt as WHATWG URLs do; undefined when the text is none. */
export function hostPattern(text: string): HostPattern | undefined {
  if (text === "*") return text;
  const [, wildcard = "", host = "", port = ""] = HOST.exec(text) ?? [];
  const hostname = URL.parse(`http://${host}/`)?.hostname.replace(/\.$/, "");
  return hostname && `${wildcard}${hostname}${port}`;
}

/** `url` is an http or https one. */
export function matchesHost(pattern: HostPattern, url: URL): boolean {
  if (pattern === "*") return true;
  const [, wildcard, host = "", port] = HOST.exec(pattern) ?? [];
  const defaultPort = url.protocol === "https:" ? "443" : "80";
  if (port !== undefined && port !== `:${url.port || defaultPort}`) return false;
  const hostname = url.hostname.replace(/\.$/, "");
  return wildcard === undefined ? hostname === host : hostname.endsWith(`.${host}`);
}
