import { fromBase64Url, toBase64Url } from "../lib/base64url.ts";
import { BoundedMap } from "../lib/bounded-map.ts";
import { utf8 } from "../lib/json.ts";
import { memoizedKey, type SigningKey } from "../lib/signing-key.ts";
import { MAX_DERIVED_KEYS } from "../limits.ts";

/**
 * Every request that a job sends says which deployment runs it, and a deployment refuses its own: a job that submits
 * jobs would never end. No list of hostnames is needed, and a redirect or another name of the server changes nothing.
 * The refusal proves who refuses: anybody can repeat the name, only the deployment can sign the request's nonce, and it
 * signs the request with it as it came. So a server that passes a job's request on to the deployment, and its answer back,
 * proves nothing: it was asked under another name. A nonce is good for the one answer that its request waits for.
 */
export const SENDER_HEADER = "edge-jobs-sender";
export const NONCE_HEADER = "edge-jobs-nonce";
export const PROOF_HEADER = "edge-jobs-proof";

/** Without AUTH_SECRET only this machine is served, and there is nothing to prove to anybody. */
const LOCAL = "local";

const keyOf = (secret: string | undefined): Promise<SigningKey> => memoizedKey(secret || LOCAL, "edge-jobs sender v1");

const signed = async (key: SigningKey, text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(text)));

/** What is asked, as both ends see it. */
export interface Asked {
  method: string;
  url: URL;
  nonce: string;
}

const refusalOf = ({ method, url, nonce }: Asked): string =>
  [PROOF_HEADER, nonce, method, url.host, url.pathname].join(" ");

/** By their secret: each run, and each request of a job, asks for one. */
const senders = new BoundedMap<string, string>(MAX_DERIVED_KEYS);

/** Names the deployment. Whoever a job calls sees it, so it tells nothing about the secret that it is made of. */
export async function senderId(secret: string | undefined): Promise<string> {
  if (!secret) return LOCAL;
  const known = senders.get(secret);
  if (known !== undefined) return known;
  const sender = toBase64Url((await signed(await keyOf(secret), SENDER_HEADER)).subarray(0, 12));
  senders.set(secret, sender);
  return sender;
}

/** The deployment as its requests name it. */
export interface Home {
  sender: string;
  /** Unlike any before. */
  newNonce: () => string;
  /** Whether the answer to this request comes from the deployment itself. */
  isRefusal(answer: Response, asked: Asked): Promise<boolean>;
}

export async function homeOf(secret: string | undefined, newNonce: () => string): Promise<Home> {
  const sender = await senderId(secret);
  return {
    sender,
    newNonce,
    async isRefusal(answer, asked) {
      const proof = fromBase64Url(answer.headers.get(PROOF_HEADER) ?? "");
      if (answer.status !== 403 || proof === undefined) return false;
      return crypto.subtle.verify("HMAC", await keyOf(secret), proof, utf8(refusalOf(asked)));
    },
  };
}

/** What a request of the deployment's own job is answered; undefined for every other request. */
export async function refuseOwnJob(request: Request, secret: string | undefined): Promise<Response | undefined> {
  const sender = request.headers.get(SENDER_HEADER);
  if (sender === null || sender !== (await senderId(secret))) return undefined;
  const asked = {
    method: request.method,
    url: new URL(request.url),
    nonce: request.headers.get(NONCE_HEADER) ?? "",
  };
  const proof = toBase64Url(await signed(await keyOf(secret), refusalOf(asked)));
  const body = {
    error: "own_job",
    message: "A job must not call the server that runs it.",
    fix: "Start a child with a step of type `job`.",
  };
  return Response.json(body, { status: 403, headers: { [PROOF_HEADER]: proof } });
}
