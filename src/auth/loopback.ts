import ipaddr from "ipaddr.js";

const HOSTS = ["localhost", "127.0.0.1", "[::1]"];
/** Almost every caller of a server on this machine. */
const USUAL_CLIENTS = ["127.0.0.1", "::1"];

/** Whether the name that the caller used is one of this machine only. */
export const hasLoopbackHost = (url: URL): boolean => HOSTS.includes(url.hostname);

const isLoopbackAddress = (address: string): boolean =>
  USUAL_CLIENTS.includes(address) || (ipaddr.isValid(address) && ipaddr.process(address).range() === "loopback");

/**
 * Whether the caller is on this machine. Cloudflare names the client's address in every request, whatever the client
 * says of it. `wrangler dev` does where the client names none, so that one in a network could lie: scripts/dev.ts lets
 * no server without AUTH_SECRET listen there. Who came without an address came through no network.
 */
export function isLoopbackClient(request: Request): boolean {
  const address = request.headers.get("cf-connecting-ip");
  return address === null || isLoopbackAddress(address);
}

/** A caller on this machine that uses a name of this machine: neither alone proves anything. */
export const isLocalCall = (request: Request, url: URL): boolean => hasLoopbackHost(url) && isLoopbackClient(request);
