import ipaddr from "ipaddr.js";
import { MAX_REDIRECTS } from "../limits.ts";
import type { Secrets } from "./secrets.ts";
import { type Home, NONCE_HEADER, SENDER_HEADER } from "./self-call.ts";

/**
 * Where steps may send requests. Agents write the URLs, so nothing that is not public is reached, whatever its
 * spelling, on any hop of a redirect. What a name resolves to cannot be checked here: the platform's egress has no
 * private network to reach.
 */
export class RefusedAddress extends Error {}

/** A redirect that leads nowhere, or on and on. */
export class BadRedirect extends Error {}

/** Of no public zone: special use (RFC 6761, 6762, 7686, 8375), and what networks call themselves inside. */
const INTERNAL_SUFFIXES = [
  ...[".local", ".localhost", ".arpa", ".onion", ".test", ".invalid"],
  ...[".localdomain", ".internal", ".intranet", ".private", ".corp", ".home", ".lan"],
];
/** All that is routed in public (RFC 4291): what lies outside, such as ::/96 with its IPv4 addresses, is not. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");
/** Names of headers that let somebody in: Authorization, Cookie, X-Api-Key, Idempotency-Key and their like. */
const CREDENTIAL = /auth|cookie|credential|key|password|secret|session|signature|token/i;

/** An IPv4 address inside an IPv6 one is judged as what it is. */
function rangeOf(address: string): string {
  const ip = ipaddr.process(address);
  const range = ip.range();
  if (range !== "unicast" || ip instanceof ipaddr.IPv4 || ip.match(GLOBAL_IPV6)) return range;
  return "reserved";
}

/** Why a host is not public; undefined when it is. `host` as WHATWG URLs spell it: normalised, IPv6 in brackets. */
function hostRefusal(host: string): string | undefined {
  const bare = host.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (ipaddr.isValid(bare)) {
    const range = rangeOf(bare);
    return range === "unicast" ? undefined : `${host} is a ${range} address`;
  }
  const labels = bare.split(".");
  if (labels.length < 2 || labels.includes("")) return `${host} is not a public name`;
  return INTERNAL_SUFFIXES.some((suffix) => bare.endsWith(suffix)) ? `${host} is an internal name` : undefined;
}

const defaultPort = (url: URL): string => url.port || (url.protocol === "https:" ? "443" : "80");

/**
 * Why a request must not go to this URL; undefined when it may.
 * @param allow hosts, or `host:port`, that may be reached although they are private
 */
export function refusal(url: URL, allow: readonly string[]): string | undefined {
  if (url.protocol !== "https:" && url.protocol !== "http:") return `${url.protocol} is neither http: nor https:`;
  if (url.username !== "" || url.password !== "") return "a URL must not hold a name or password";
  if (allow.includes(url.hostname) || allow.includes(`${url.hostname}:${defaultPort(url)}`)) return undefined;
  return hostRefusal(url.hostname);
}

const REDIRECTS = [301, 302, 303, 307, 308];

/** Whether the answer should lead on, and says nowhere; for the platform an empty Location is none. */
export const isLost = ({ status, headers }: Response): boolean =>
  REDIRECTS.includes(status) && headers.get("location") === null;

function located(location: string, from: URL): URL {
  const url = URL.parse(location, from.href);
  if (location.trim() === "") throw new BadRedirect(`${from.host} redirects with an empty Location`);
  // The platform has put these in place of bytes that are no UTF-8, and where they led nobody knows any more.
  if (location.includes("\ufffd")) throw new BadRedirect(`${from.host} redirects with a Location that is no UTF-8`);
  if (url === null) throw new BadRedirect(`${from.host} redirects to what is no URL`);
  return url;
}

/** The next hop of a redirect, or undefined when the response is none. @throws BadRedirect */
function nextHop(response: Response, from: URL): URL | undefined {
  const location = REDIRECTS.includes(response.status) ? response.headers.get("location") : null;
  return location === null ? undefined : located(location, from);
}

/** Credentials, and headers with a secret, are for the first origin only. */
function requestForHop(
  init: RequestInit,
  status: number,
  from: URL,
  to: URL,
  secrets: EgressRules["secrets"],
): RequestInit {
  const all = [...new Headers(init.headers)];
  const sameOrigin = from.origin === to.origin;
  const headers = new Headers(
    all.filter(([name, value]) => sameOrigin || !(CREDENTIAL.test(name) || secrets?.areIn(value))),
  );
  const method = init.method ?? "GET";
  const becomesGet = status === 303 ? method !== "HEAD" : method === "POST" && (status === 301 || status === 302);
  if (!becomesGet) return { ...init, headers };
  // They describe a body that is not sent any more.
  for (const name of [...headers.keys()]) if (name.startsWith("content-")) headers.delete(name);
  const { body: _dropped, ...rest } = init;
  return { ...rest, headers, method: "GET" };
}

/** A secret goes to the hosts that it is bound to, wherever in the request it stands. @throws RefusedAddress */
function refuseStrays(url: URL, { headers, body }: RequestInit, secrets: Pick<Secrets, "strays">): void {
  const texts = [url.href, ...new Headers(headers).values(), ...(typeof body === "string" ? [body] : [])];
  const [stray] = texts.flatMap((text) => secrets.strays(text, url));
  if (stray !== undefined) throw new RefusedAddress(`the secret ${stray} may not be sent to ${url.host}`);
}

/** One request, which says whose job sends it. @throws RefusedAddress when the answer is that it came home */
async function oneHop(url: URL, init: RequestInit, home: Home): Promise<Response> {
  const nonce = home.newNonce();
  const headers = new Headers(init.headers);
  headers.set(SENDER_HEADER, home.sender);
  headers.set(NONCE_HEADER, nonce);
  const response = await fetch(url, { ...init, headers, redirect: "manual" });
  const asked = { method: init.method ?? "GET", url, nonce };
  if (!(await home.isRefusal(response, asked))) return response;
  await response.body?.cancel();
  throw new RefusedAddress(`${url.host} is the server that runs this job; a step of type job starts a child`);
}

export interface EgressRules {
  /** Hosts or `host:port` that may be reached although they are private. */
  allow: readonly string[];
  /** Left out: no request holds a secret. */
  secrets?: Pick<Secrets, "strays" | "areIn">;
  home: Home;
}

export type Fetch = (target: string, init?: RequestInit) => Promise<Response>;

/** The redirect to follow, as the caller's `redirect` says; undefined: the response is the answer. */
async function toFollow(
  response: Response,
  url: URL,
  hops: number,
  redirect: RequestInit["redirect"],
): Promise<URL | undefined> {
  const next = redirect === "manual" ? undefined : nextHop(response, url);
  if (next === undefined) return undefined;
  await response.body?.cancel();
  if (hops === MAX_REDIRECTS) throw new BadRedirect(`more than ${MAX_REDIRECTS} redirects`);
  return next;
}

/**
 * A fetch that refuses what is not public and follows redirects itself, each hop checked, credentials dropped across
 * origins. With `redirect: "manual"` it takes one hop only.
 * @throws RefusedAddress, BadRedirect, or what the platform's fetch throws
 */
export function egress({ allow, secrets, home }: EgressRules): Fetch {
  return async (target, init = {}) => {
    let url = new URL(target);
    let request = init;
    for (let hops = 0; ; hops++) {
      const reason = refusal(url, allow);
      if (reason !== undefined) throw new RefusedAddress(reason);
      if (secrets !== undefined) refuseStrays(url, request, secrets);
      const response = await oneHop(url, request, home);
      const next = await toFollow(response, url, hops, init.redirect);
      if (next === undefined) return response;
      request = requestForHop(request, response.status, url, next, secrets);
      url = next;
    }
  };
}
