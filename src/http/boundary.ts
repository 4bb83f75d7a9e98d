import { BROKEN_BODY, BrokenBody } from "../lib/http/whole-body.ts";
import { RequestLog } from "../lib/log.ts";

/** What every answer of the Worker has, whichever route made it, and what becomes of what no route expected. */

const YEAR_SECONDS = 31_536_000;

/** Nothing of ours is to be framed or guessed at; who came by TLS once comes by nothing else. */
function harden(response: Response, url: URL): Response {
  const { headers } = response;
  headers.set("x-content-type-options", "nosniff");
  if (!headers.has("content-security-policy")) headers.set("content-security-policy", "frame-ancestors 'none'");
  if (url.protocol === "https:") headers.set("strict-transport-security", `max-age=${YEAR_SECONDS}`);
  return response;
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** A bug, or a lost connection. The reply names the log line that tells more, and nothing of our inside. */
function crashed(error: unknown, url: URL, log: RequestLog, reference: string): Response {
  log.write({ event: "crash", path: url.pathname, reference, error: describe(error) });
  const body = {
    error: "internal_error",
    message: `Internal error, reference ${reference}. The request is not the cause.`,
    fix: "Try once more. If it stays, tell the operator the reference.",
  };
  return Response.json(body, { status: 500, headers: { "cache-control": "no-store" } });
}

function broken(url: URL, log: RequestLog): Response {
  const { status, code, message } = BROKEN_BODY;
  log.write({ event: "refused", code, status, path: url.pathname });
  return Response.json({ error: code, message }, { status, headers: { "cache-control": "no-store" } });
}

/** Every request of the Worker goes through here, once. */
export async function withinBoundary(
  request: Request,
  serve: (url: URL, log: RequestLog) => Promise<Response>,
  { now, newReference }: { now: () => number; newReference: () => string },
): Promise<Response> {
  const url = new URL(request.url);
  const log = new RequestLog(now);
  try {
    return harden(await serve(url, log), url);
  } catch (error) {
    if (error instanceof BrokenBody) return harden(broken(url, log), url);
    return harden(crashed(error, url, log, newReference()), url);
  }
}
