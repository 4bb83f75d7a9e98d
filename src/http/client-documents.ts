import * as z from "zod";
import { egress, RefusedAddress } from "../egress/egress.ts";
import type { Home } from "../egress/self-call.ts";
import { BoundedMap } from "../lib/bounded-map.ts";
import { err, ok, type Result } from "../lib/result.ts";
import {
  CLIENT_DOCUMENT_KEPT_MS,
  CLIENT_DOCUMENT_TIMEOUT_MS,
  MAX_CLIENT_DOCUMENT_BYTES,
  MAX_CLIENT_DOCUMENTS,
} from "../limits.ts";

/**
 * OAuth clients that name themselves by the URL of a document about them (client ID metadata documents). Anybody may send
 * us to any URL before they have proved to be anybody, so it goes through egress as a job's request does: to public hosts
 * only, with the header that says who asks, and here to no second one. The provider would fetch by itself, with none of
 * this; so to the provider these are clients that stand in its namespace.
 */

const PREFIX = "client:";

/** What a client says of itself. Whoever holds no secret is a public client. */
const Document = z.looseObject({
  client_id: z.string(),
  client_name: z.string("is missing").trim().min(1, "is empty"),
  client_uri: z.string().optional(),
  redirect_uris: z.array(z.string(), "is missing").min(1, "is empty"),
  token_endpoint_auth_method: z.literal("none", "must be none: the client has no secret here").default("none"),
  client_secret: z.undefined("must not be in a public document").optional(),
});

/** As the provider stores one that registered. */
interface PublicClient {
  clientId: string;
  clientName: string;
  clientUri?: string | undefined;
  redirectUris: string[];
  grantTypes: string[];
  responseTypes: string[];
  tokenEndpointAuthMethod: "none";
}

/** Thrown through the provider, which knows no such failure; the routes have the answer. */
export class UnusableDocument extends Error {
  readonly url: string;

  /** @param reason what happened, for whoever signs in */
  constructor(url: string, reason: string) {
    super(reason);
    this.url = url;
  }
}

const known = new BoundedMap<string, { client: PublicClient; until: number }>(MAX_CLIENT_DOCUMENTS);

/** Whether a client id is meant to be such a URL. */
export const isDocumentUrl = (clientId: string): boolean => /^https:\/\/[^/?#]+\//i.test(clientId);

export interface DocumentPorts {
  /** Names this deployment to itself. */
  home: Home;
  /** Whether this caller may send us out once more. */
  mayFetch: () => Promise<boolean>;
  /** Epoch ms. */
  now: () => number;
}

/** The text of the body; an error that says so when it has more than `max` bytes. */
async function textOf({ body }: Response, max: number): Promise<Result<string, string>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > max) return err(`is larger than ${max} bytes`);
    chunks.push(chunk);
  }
  return ok(await new Blob(chunks).text());
}

/** A URL that is spelt as it is meant: what a parser would change could name another document than it seems to. */
const isPlainUrl = (url: string): boolean => URL.parse(url)?.href === url && !url.includes("#");

async function load(url: string, { home }: DocumentPorts): Promise<Result<string, string>> {
  if (!isPlainUrl(url)) return err("its URL is not spelt in full, or has a fragment");
  const send = egress({ allow: [], home });
  const signal = AbortSignal.timeout(CLIENT_DOCUMENT_TIMEOUT_MS);
  try {
    const response = await send(url, { headers: { accept: "application/json" }, redirect: "manual", signal });
    if (response.status === 200) return await textOf(response, MAX_CLIENT_DOCUMENT_BYTES);
    await response.body?.cancel();
    if (response.status >= 300 && response.status < 400) return err("its server redirects, which is not followed");
    return err(`its server answered ${response.status}`);
  } catch (error) {
    if (error instanceof RefusedAddress) return err(error.message);
    return err(
      signal.aborted ? `no answer in ${CLIENT_DOCUMENT_TIMEOUT_MS / 1_000} seconds` : "no connection to its server",
    );
  }
}

function read(url: string, text: string): Result<PublicClient, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err("it is no JSON");
  }
  const document = Document.safeParse(value);
  if (!document.success) {
    const [{ path, message } = { path: [], message: "" }] = document.error.issues;
    return err(path.length === 0 ? "it is no JSON object" : `its ${path.join(".")} ${message}`);
  }
  const { client_id, client_name, client_uri, redirect_uris } = document.data;
  if (client_id !== url) return err("its client_id is another one");
  return ok({
    clientId: url,
    clientName: client_name,
    clientUri: client_uri,
    redirectUris: redirect_uris,
    grantTypes: ["authorization_code", "refresh_token"],
    responseTypes: ["code"],
    tokenEndpointAuthMethod: "none",
  });
}

/** @throws UnusableDocument */
async function clientOf(url: string, ports: DocumentPorts): Promise<PublicClient> {
  const kept = known.get(url);
  if (kept !== undefined && ports.now() < kept.until) return kept.client;
  if (!(await ports.mayFetch())) throw new UnusableDocument(url, "too many sign-ins from your address; wait a minute");
  const text = await load(url, ports);
  const client = text.ok ? read(url, text.value) : text;
  if (!client.ok) throw new UnusableDocument(url, client.error);
  known.set(url, { client: client.value, until: ports.now() + CLIENT_DOCUMENT_KEPT_MS });
  return client.value;
}

/** The provider's namespace, in which every client that has a usable document seems to be registered. */
export function withClientDocuments(kv: KVNamespace, ports: DocumentPorts): KVNamespace {
  const get = async (key: string, ...how: unknown[]): Promise<unknown> => {
    const clientId = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : "";
    return isDocumentUrl(clientId) ? clientOf(clientId, ports) : Reflect.apply(kv.get, kv, [key, ...how]);
  };
  return new Proxy(kv, {
    get: (target, name) => {
      const value: unknown = name === "get" ? get : Reflect.get(target, name);
      return typeof value === "function" && name !== "get" ? value.bind(target) : value;
    },
  });
}
