import { readRequestBody } from "@modelcontextprotocol/server";
import * as z from "zod";
import { checkApiKey } from "../auth/check-key.ts";
import { FOREIGN_PAGE, INVALID_TOKEN, NO_TOKEN, type Refusal, refusalResponse } from "../auth/refusal.ts";
import { authenticateViewer, closeSession, isOwnPage, openSession } from "../auth/session.ts";
import { type Env, settingsOf } from "../env.ts";
import { wholeBody } from "../lib/http/whole-body.ts";
import type { RequestLog } from "../lib/log.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { MAX_KEY_CHARS } from "../limits.ts";

/** `/ui/session`: who views the dashboard, and signing in and out. */

export interface SessionDeps {
  env: Env;
  log: RequestLog;
  version: string;
  /** Epoch ms. */
  now: () => number;
}

const SignIn = z.strictObject({ key: z.string().max(MAX_KEY_CHARS) });

const NOBODY = { tenant: null, scopes: [] };
const MAX_SIGN_IN_BYTES = 2 * MAX_KEY_CHARS;

function answer(body: object, deps: SessionDeps, cookie?: string): Response {
  const headers = { "cache-control": "no-store", ...(cookie !== undefined && { "set-cookie": cookie }) };
  const locked = settingsOf(deps.env).secrets !== undefined;
  return Response.json({ ...body, version: deps.version, locked }, { headers });
}

/** Nobody has signed in, or the session has ended: that is no error, but what the page asks. */
export async function readSession(request: Request, deps: SessionDeps): Promise<Response> {
  const viewer = await authenticateViewer(request, new URL(request.url), deps.env, deps.now());
  if (viewer.ok) return answer({ tenant: viewer.value.tenant, scopes: viewer.value.scopes }, deps);
  return viewer.error.status === 401 ? answer(NOBODY, deps) : refusalResponse(viewer.error, request, deps.log);
}

async function keyIn(request: Request): Promise<Result<string, Refusal>> {
  const body = await wholeBody(readRequestBody(request, MAX_SIGN_IN_BYTES));
  if (body.tooLarge) return err(INVALID_TOKEN);
  try {
    return ok(SignIn.parse(JSON.parse(body.text)).key);
  } catch {
    return err(NO_TOKEN);
  }
}

export async function signIn(request: Request, deps: SessionDeps): Promise<Response> {
  const url = new URL(request.url);
  const { secrets } = settingsOf(deps.env);
  if (!isOwnPage(request, url, deps.env)) return refusalResponse(FOREIGN_PAGE, request, deps.log);
  if (secrets === undefined) return readSession(request, deps);
  const key = await keyIn(request);
  if (!key.ok) return refusalResponse(key.error, request, deps.log);
  const checked = await checkApiKey(key.value, secrets, deps.now());
  if (!checked.ok) return refusalResponse(INVALID_TOKEN, request, deps.log);
  const { secret: _, ...claims } = checked.value;
  deps.log.caller = claims;
  deps.log.write({ event: "signed_in" });
  const cookie = await openSession(claims, secrets, url, deps.now());
  return answer({ tenant: claims.tenant, scopes: claims.scopes }, deps, cookie);
}

export function signOut(request: Request, deps: SessionDeps): Response {
  const url = new URL(request.url);
  if (!isOwnPage(request, url, deps.env)) return refusalResponse(FOREIGN_PAGE, request, deps.log);
  return answer(NOBODY, deps, closeSession(url));
}
