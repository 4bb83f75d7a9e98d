import ipaddr from "ipaddr.js";
import { MAX_REDIRECTS } from "../limits.ts";
import { SENDER_HEADER } from "./self-call.ts";

/**
 * Where steps may send requests. Agents write the URLs, so nothing that is not public is reached, whatever its
 * spelling, on any hop of a redirect. What a name resolves to cannot be checked here: the platform's egress has no
 * private network to reach.
 */
export class RefusedAddress extends Error {}

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

/** The next hop of a redirect, or undefined when the response is none. */
function nextHop(response: Response, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  const location = response.headers.get("location");
  return location === null ? undefined : (URL.parse(location, from.href) ?? undefined);
}

type IsSecret = (text: string) => boolean;

function requestForHop(init: RequestInit, status: number, from: URL, to: URL, isSecret: IsSecret): RequestInit {
  const all = [...new Headers(init.headers)];
  const sameOrigin = from.origin === to.origin;
  const headers = new Headers(all.filter(([name, value]) => sameOrigin || !(CREDENTIAL.test(name) || isSecret(value))));
  const method = init.method ?? "GET";
  const becomesGet = status === 303 ? method !== "HEAD" : method === "POST" && (status === 301 || status === 302);
  if (!becomesGet) return { ...init, headers };
  headers.delete("content-type");
  const { body: _dropped, ...rest } = init;
  return { ...rest, headers, method: "GET" };
}

/** One request, which says whose job sends it. @throws RefusedAddress when the answer is that it came home */
async function oneHop(url: URL, init: RequestInit, sender: string): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set(SENDER_HEADER, sender);
  const response = await fetch(url, { ...init, headers, redirect: "manual" });
  if (response.status !== 403 || response.headers.get(SENDER_HEADER) !== sender) return response;
  await response.body?.cancel();
  throw new RefusedAddress(`${url.host} is the server that runs this job; a step of type job starts a child`);
}

interface EgressRules {
  /** The variable HTTP_ALLOW: hosts or `host:port`, separated by commas. */
  allowList: string;
  /** Whether a header's value, whatever the header's name, is for the first origin only. */
  isSecret: IsSecret;
  /** Names this deployment to itself. */
  sender: string;
}

/**
 * A fetch that refuses what is not public and follows redirects itself, each hop checked, credentials dropped across
 * origins. With `redirect: "manual"` it takes one hop only.
 * @throws RefusedAddress, or what the platform's fetch throws
 */
export function egress({
  allowList,
  isSecret,
  sender,
}: EgressRules): (target: string, init?: RequestInit) => Promise<Response> {
  const allow = allowList.split(",").map((entry) => entry.trim());
  return async (target, init = {}) => {
    let url = new URL(target);
    let request = init;
    for (let hops = 0; ; hops++) {
      const reason = refusal(url, allow);
      if (reason !== undefined) throw new RefusedAddress(reason);
      const response = await oneHop(url, request, sender);
      const next = init.redirect === "manual" ? undefined : nextHop(response, url);
      if (next === undefined) return response;
      await response.body?.cancel();
      if (hops === MAX_REDIRECTS) throw new RefusedAddress(`more than ${MAX_REDIRECTS} redirects`);
      request = requestForHop(request, response.status, url, next, isSecret);
      url = next;
    }
  };
}
