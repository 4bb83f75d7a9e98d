const HOSTS = ["localhost", "127.0.0.1", "[::1]"];
const CLIENTS = [null, "127.0.0.1", "::1"];

/** Whether the name that the caller used is one of this machine only. */
export const hasLoopbackHost = (url: URL): boolean => HOSTS.includes(url.hostname);

/** Whether the caller is on this machine. Cloudflare and `wrangler dev` both name the client's address. */
export const isLoopbackClient = (request: Request): boolean =>
  CLIENTS.includes(request.headers.get("cf-connecting-ip"));
