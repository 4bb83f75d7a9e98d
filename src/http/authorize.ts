import { AuthorizationError, authorizationErrorRedirect, type OAuthHelpers } from "@cloudflare/workers-oauth-provider";
import * as z from "zod";
import { checkApiKey } from "../auth/check-key.ts";
import { fingerprint, GRANTABLE_SCOPES, type Grant, mcpResource } from "../auth/oauth.ts";
import type { RequestLog } from "../lib/log.ts";
import type { Secrets } from "../lib/signing-key.ts";
import { methodNotAllowed } from "./answers.ts";
import { isDocumentUrl, UnusableDocument } from "./client-documents.ts";
import { consentPage, problemPage } from "./consent-page.ts";

const DOCUMENTS_OFF =
  "this server reads no such documents (OAUTH_METADATA_DOCUMENTS is off, as it is on loopback). Let the client register, or use a key";

const Form = z.object({
  handle: z.string(),
  decision: z.enum(["approve", "deny"]),
  key: z.string(),
});

interface SignIn {
  /** Whether a client may name itself by the URL of a document. */
  hasDocuments: boolean;
  secrets: Secrets;
  log: RequestLog;
  /** Epoch ms. */
  now: number;
}

/** `GET /authorize` shows who asks for what; `POST` is the owner's answer, who signs in with an API key. */
export async function authorize(request: Request, oauth: OAuthHelpers, signIn: SignIn): Promise<Response> {
  try {
    if (request.method === "GET") return await ask(request, oauth, signIn);
    if (request.method === "POST") return await decide(request, oauth, signIn);
    return methodNotAllowed("GET, POST");
  } catch (error) {
    return await refuse(error, mcpResource(new URL(request.url).origin));
  }
}

/** Only a request whose client and redirect were checked is sent back to the client; any other is shown here. */
function refuse(error: unknown, endpoint: string): Response | Promise<Response> {
  if (error instanceof AuthorizationError) {
    return error.redirectTo ? redirect(error.redirectTo) : problemPage(`${error.description}.`, endpoint);
  }
  if (error instanceof UnusableDocument) {
    return problemPage(`The client's document ${error.url} could not be used: ${error.message}.`, endpoint);
  }
  throw error;
}

const redirect = (location: string, headers = new Headers()): Response => {
  headers.set("location", location);
  return new Response(null, { status: 302, headers });
};

async function ask(request: Request, oauth: OAuthHelpers, { hasDocuments }: SignIn): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const clientId = searchParams.get("client_id") ?? "";
  // To the provider it is a client that nobody knows.
  if (!hasDocuments && isDocumentUrl(clientId)) throw new UnusableDocument(clientId, DOCUMENTS_OFF);
  const asked = await oauth.parseAuthRequest(request);
  // The provider demands it of public clients only.
  if (!asked.codeChallenge) {
    return redirect(authorizationErrorRedirect(asked, "invalid_request", "PKCE with S256 is required"));
  }
  const described = await oauth.describeConsent(asked);
  const clientDomain = isDocumentUrl(asked.clientId) ? new URL(asked.clientId).hostname : undefined;
  const client = { ...described, ...(clientDomain && { clientDomain }) };
  const { handle, headers } = await oauth.beginConsent(asked);
  return consentPage({ client, handle }, headers);
}

async function decide(request: Request, oauth: OAuthHelpers, { secrets, log, now }: SignIn): Promise<Response> {
  // What is no form at all makes formData throw.
  const fields = await request.formData().catch(() => new FormData());
  const form = Form.safeParse(Object.fromEntries(fields));
  const endpoint = mcpResource(new URL(request.url).origin);
  if (!form.success) return problemPage("The form is not complete. Go back and try again.", endpoint);
  const { handle, decision, key } = form.data;
  if (decision === "deny") {
    const { redirectTo, headers } = await oauth.denyConsent(request, handle);
    log.write({ event: "sign_in", outcome: "denied" });
    return redirect(redirectTo, headers);
  }
  const owner = await checkApiKey(key.trim(), secrets, now);
  if (!owner.ok) {
    log.write({ event: "sign_in", outcome: `key_${owner.error}` });
    return problemPage("This API key is not valid here. Go back and try again.", endpoint);
  }
  const { tenant, key_id, expires_at, scopes, secret } = owner.value;
  const chosen = new Set(fields.getAll("scope"));
  const scope = GRANTABLE_SCOPES.filter((one) => chosen.has(one) && scopes.includes(one));
  if (scope.length === 0) {
    return problemPage("Choose at least one scope that the key has. Go back and try again.", endpoint);
  }
  const { request: approved, headers } = await oauth.approveConsent(request, handle, { scope });
  const { redirectTo } = await oauth.completeAuthorization({
    request: approved,
    userId: key_id,
    metadata: {},
    scope,
    props: { tenant, key_id, expires_at, secret: await fingerprint(secret) } satisfies Grant,
  });
  log.write({ event: "sign_in", outcome: "approved", tenant, key_id, client_id: approved.clientId });
  return redirect(redirectTo, headers);
}
