import { readRequestBody } from "@modelcontextprotocol/server";
import { isLocalCall } from "../auth/loopback.ts";
import { type Env, settingsOf } from "../env.ts";
import { wholeBody } from "../lib/http/whole-body.ts";
import { isDeeperThan, isJsonObject, type Json } from "../lib/json.ts";
import type { RequestLog } from "../lib/log.ts";
import { iso } from "../lib/time.ts";
import { MAX_JSON_DEPTH, MAX_LINK_BODY_BYTES } from "../limits.ts";
import type { LinkAnswer, LinkError, LinkState } from "../registry/api/caller.ts";
import { type Ask, askAsServer } from "../registry/api/client.ts";
import { readLinkToken } from "../service/links/link-token.ts";
import { questionPage, wordPage } from "./answer-page.ts";
import { methodNotAllowed, notFound } from "./answers.ts";

/** `/a/<token>`: what a person opens who was given the link of a question. Whoever has it can answer, once. */

interface LinkDeps {
  env: Env;
  log: RequestLog;
}

type Link = NonNullable<Awaited<ReturnType<typeof readLinkToken>>>;

/** How an answer of this route is worded: for people, or for programs. */
interface Words {
  status: number;
  code: string;
  title: string;
  text: string;
}

const GONE: Words = {
  status: 410,
  code: "gone",
  title: "This question is closed",
  text: "The work that asked it has ended. There is nothing to do here.",
};
const NOT_ASKED: Words = {
  status: 200,
  code: "not_asked",
  title: "Not asked yet",
  text: "The work has not come to this question. Open the link again later.",
};
const KEPT: Words = {
  status: 202,
  code: "kept",
  title: "Your answer is kept",
  text: "The question is not asked yet. Your answer counts when it is.",
};
const SENT: Words = {
  status: 200,
  code: "answered",
  title: "Thank you, your answer is in",
  text: "The work goes on with it. You can close this page.",
};
const FULL: Words = {
  status: 507,
  code: "storage_full",
  title: "There is no room for an answer",
  text: "Nothing was changed. Tell whoever sent you the link.",
};
const NO_CONTENT: Words = {
  status: 400,
  code: "invalid_body",
  title: "This is no answer",
  text: "Send a form, or a JSON object: the content of the answer.",
};
const TOO_LARGE: Words = {
  status: 413,
  code: "too_large",
  title: "This is too long",
  text: `An answer has at most ${MAX_LINK_BODY_BYTES} bytes.`,
};

const answered = (action: string | null, status: number): Words => ({
  status,
  code: "already_answered",
  title: action === "expired" ? "Nobody answered in time" : "This question is answered",
  text:
    action === "expired"
      ? "The question is closed, and the work goes on without an answer."
      : `The first answer counts${action === "decline" ? ": it was declined" : ""}.`,
});

const wantsPage = ({ headers }: Request): boolean => headers.get("accept")?.includes("text/html") === true;

const json = (body: object, status: number): Response =>
  Response.json(body, { status, headers: { "cache-control": "no-store" } });

function say(request: Request, { status, code, title, text }: Words, job?: string): Response | Promise<Response> {
  if (wantsPage(request)) return wordPage(title, text, status, job);
  return json(status < 400 ? { status: code, message: text } : { error: code, message: text }, status);
}

/** The link that the token stands for, if whoever calls may call here. */
async function linkOf(token: string, request: Request, { env }: LinkDeps): Promise<Link | undefined> {
  const { secrets } = settingsOf(env);
  if (secrets === undefined && !isLocalCall(request, new URL(request.url))) return undefined;
  return readLinkToken(token, secrets);
}

const openLink = (ask: Ask, { shard, jobId, path }: Link): Promise<LinkState> =>
  ask(shard, (registry, server) => registry.openLink(server, jobId, path));

const untilText = (expiresAt: number): string =>
  new Date(expiresAt)
    .toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" })
    .concat(" UTC");

async function show(request: Request, link: Link, ask: Ask): Promise<Response> {
  const state = await openLink(ask, link);
  switch (state.is) {
    case "gone":
      return say(request, GONE);
    case "not_asked":
      return say(request, state.is_kept ? { ...KEPT, status: 200 } : NOT_ASKED, state.job);
    case "answered":
      return say(request, answered(state.action, 200), state.job);
    case "open": {
      const { job, message, schema, expires_at } = state;
      if (!wantsPage(request)) return json({ status: "open", job, message, schema, expires_at: iso(expires_at) }, 200);
      const asked = { job, message, schema, until: untilText(expires_at) };
      return questionPage(asked, new URL(request.url).searchParams);
    }
    default:
      return state satisfies never;
  }
}

const mediaType = ({ headers }: Request): string =>
  (headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

function jsonContent(text: string): LinkAnswer | undefined {
  try {
    const value: Json = text === "" ? {} : JSON.parse(text);
    return isJsonObject(value) && !isDeeperThan(value, MAX_JSON_DEPTH)
      ? { action: "accept", content: value }
      : undefined;
  } catch {
    return undefined;
  }
}

const FORM = "application/x-www-form-urlencoded";

/** What was sent, as text, and what it says; no answer: it says none. */
async function readAnswer(request: Request): Promise<{ text: string; answer: LinkAnswer | undefined } | Words> {
  const body = await wholeBody(readRequestBody(request, MAX_LINK_BODY_BYTES));
  if (body.tooLarge) return TOO_LARGE;
  const { text } = body;
  const action = new URL(request.url).searchParams.get("action") ?? "accept";
  if (action === "decline") return { text, answer: { action } };
  if (action !== "accept") return NO_CONTENT;
  if (mediaType(request) !== FORM) return { text, answer: jsonContent(text) };
  return { text, answer: { action, form: [...new URLSearchParams(text)] } };
}

async function refused(request: Request, error: LinkError, link: Link, ask: Ask, sent: string): Promise<Response> {
  switch (error.code) {
    case "gone":
      return say(request, GONE);
    case "already_answered":
      return say(request, answered(error.action, 409));
    case "storage_full":
      return say(request, FULL);
    case "invalid_content": {
      if (!wantsPage(request)) {
        const message = "The answer does not fit the question.";
        return json({ error: error.code, message, faults: error.faults }, 422);
      }
      const state = await openLink(ask, link);
      if (state.is !== "open") return show(request, link, ask);
      const asked = { ...state, until: untilText(state.expires_at) };
      return questionPage(asked, new URLSearchParams(sent), error.faults);
    }
    default:
      return error satisfies never;
  }
}

async function take(request: Request, link: Link, ask: Ask, log: RequestLog): Promise<Response> {
  const read = await readAnswer(request);
  if ("code" in read) return say(request, read);
  const { answer, text } = read;
  if (answer === undefined) return say(request, NO_CONTENT);
  const taken = await ask(link.shard, (registry, server) => registry.answerLink(server, link.jobId, link.path, answer));
  const outcome = taken.ok ? taken.value.is : taken.error.code;
  log.write({ event: "link_answer", tenant: link.tenant, job_id: link.jobId, outcome });
  if (!taken.ok) return refused(request, taken.error, link, ask, text);
  return say(request, taken.value.is === "kept" ? KEPT : SENT);
}

/** A token that this server did not make for a question is nothing here, and wakes nobody. */
export async function answerRoute(request: Request, token: string, deps: LinkDeps): Promise<Response> {
  const link = await linkOf(token, request, deps);
  if (link === undefined) {
    return wantsPage(request)
      ? wordPage("Nothing is here", "The link is not complete, or not from this server.", 404)
      : notFound();
  }
  const ask = askAsServer(deps.env.JOB_REGISTRY, link.tenant);
  if (request.method === "GET" || request.method === "HEAD") return show(request, link, ask);
  if (request.method === "POST") return take(request, link, ask, deps.log);
  return methodNotAllowed("GET, HEAD, POST");
}
