import type { ConsentDescription } from "@cloudflare/workers-oauth-provider";
import { html } from "hono/html";
import { BASIC_SCOPES, GRANTABLE_SCOPES } from "../auth/oauth.ts";
import type { Scope } from "../auth/scopes.ts";
import { oneLine } from "../lib/safe-text.ts";
import { MAX_NAME_CHARS } from "../limits.ts";
import { withKeyCommand } from "./home.ts";

/** Pages that people see while they let a client in. Whatever a client says of itself is escaped by `html`. */

interface Consent {
  client: ConsentDescription;
  handle: string;
}

const MEANING: Record<Exclude<Scope, "admin">, string> = {
  "jobs:read": "see your jobs and blueprints",
  "jobs:write": "submit, cancel, retry, answer and delete jobs",
  "blueprints:write": "save blueprints",
  "triggers:write": "make jobs start by themselves",
  "jobs:work": "claim work from your queues and report its outcome",
  "jobs:operate": "cancel, retry and delete many jobs at once",
};

const STYLE = "body{font:16px/1.5 system-ui;max-width:36rem;margin:3rem auto;padding:0 1rem}label{display:block}";

type Markup = ReturnType<typeof html>;

const page = (title: string, body: Markup): Markup => html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${STYLE}</style>
<h1>${title}</h1>
${body}
</html>
`;

async function respond(markup: Markup, status: number, headers: Headers): Promise<Response> {
  headers.set("content-type", "text/html; charset=utf-8");
  headers.set("cache-control", "no-store");
  headers.set(
    "content-security-policy",
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  );
  headers.set("x-frame-options", "DENY");
  headers.set("referrer-policy", "no-referrer");
  return new Response((await markup).toString(), { status, headers });
}

const scopeChoice = (scope: keyof typeof MEANING, checked: boolean): Markup =>
  html`<label><input type="checkbox" name="scope" value="${scope}" ${checked ? "checked" : ""}> <code>${scope}</code>: ${MEANING[scope]}</label>`;

function consentForm({ client, handle }: Consent): Markup {
  const publisher = client.clientDomain
    ? html`It is published by <strong>${client.clientDomain}</strong>.`
    : html`It registered itself: its name is not verified.`;
  const local = client.redirectIsLoopback
    ? html`<p><strong>This is a program on your computer.</strong> Go on only if you have just started to sign in from it.</p>`
    : "";
  const asked = client.scope.length > 0 ? client.scope : BASIC_SCOPES;
  return html`<p><strong>${oneLine(client.clientName, MAX_NAME_CHARS)}</strong> wants to use your jobs. ${publisher}</p>
<p>Access will be sent to <strong>${client.redirectHost}</strong>.</p>
${local}
<form method="post">
<input type="hidden" name="handle" value="${handle}">
<fieldset><legend>It may</legend>
${GRANTABLE_SCOPES.map((scope) => scopeChoice(scope, asked.includes(scope)))}
</fieldset>
<p><label>Your API key <input type="password" name="key" autocomplete="off" size="40"></label>
Access ends with this key, and is never more than the key has.</p>
<p><button name="decision" value="approve">Allow</button> <button name="decision" value="deny">Deny</button></p>
</form>`;
}

/** @param headers of the consent transaction, with its cookie */
export const consentPage = (consent: Consent, headers: Headers): Promise<Response> =>
  respond(page("Let a client use Edge Jobs", consentForm(consent)), 200, headers);

const remedy = (endpoint: string): Markup =>
  html`<p>No sign-in is needed by a client that sends an API key in a header, for instance:</p>
<p><code>${withKeyCommand(endpoint)}</code></p>`;

/** @param endpoint of the server, which a client can call with a key instead */
export const problemPage = (problem: string, endpoint: string): Promise<Response> =>
  respond(
    page(
      "This did not work",
      html`<p>${problem}</p>
${remedy(endpoint)}`,
    ),
    400,
    new Headers(),
  );
