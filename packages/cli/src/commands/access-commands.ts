import { EdgeJobs } from "../../../client/src/index.ts";
import { argument, type Command, EXIT, textOf, UsageError } from "../command.ts";
import { show, showRows } from "../output.ts";
import { saveLogin } from "../settings.ts";
import { ask, byVerb, nameArgument, rowsOf, showAnswer, showList, type Verbs } from "./verbs.ts";

const KEY_VERBS: Verbs = {
  list: (invocation) => showList(invocation, "keys_list", {}, "revoked", ["key_id", "revoked_at"]),
  revoke: (invocation) => showAnswer(invocation, "keys_revoke", { key_id: argument(invocation, 0, "KEY_ID") }),
  audit: (invocation) =>
    showList(invocation, "audit_read", { before: textOf(invocation.values, "before") }, "entries", [
      ...["at", "action", "subject", "actor"],
    ]),
};

const keys: Command = {
  name: "keys",
  usage: "[list | revoke KEY_ID | audit]",
  summary: "Revoked keys, and what was done by whom; needs a key with the scope admin.",
  verbs: Object.keys(KEY_VERBS),
  options: { before: { type: "string", summary: "of audit: only what was done before this time" } },
  run: (invocation) => byVerb(KEY_VERBS, invocation),
};

const SECRET_VERBS: Verbs = {
  list: async (invocation) => {
    const { out } = invocation;
    const found = await ask<{ secrets: object[]; need_previous: number }>(invocation, "secrets_list");
    if (found.need_previous > 0) out.note(`${found.need_previous} still need AUTH_SECRET_PREVIOUS.`);
    if (out.isHuman) showRows(out, found.secrets, ["name", "hosts", "updated_at"]);
    else out.line(JSON.stringify(found));
  },
  set: async (invocation) => {
    const { out, values, readStdin } = invocation;
    const name = nameArgument(invocation);
    const hosts = textOf(values, "host")?.split(",") ?? [];
    if (hosts.length === 0) throw new UsageError("--host is missing: where may the secret be sent?");
    if (invocation.positionals.length > 1) {
      throw new UsageError("A value does not stand on the command line, which others can see: send it on stdin.");
    }
    if (out.isHuman) out.note("Value, then Enter and Ctrl-D:");
    const value = (await readStdin()).replace(/\r?\n$/, "");
    await showAnswer(invocation, "secrets_set", { name, value, hosts });
  },
  delete: async (invocation) => {
    const name = nameArgument(invocation);
    await ask(invocation, "secrets_delete", { name });
    show(invocation.out, { name, deleted: true });
  },
};

const secrets: Command = {
  name: "secrets",
  usage: "[list | set NAME --host HOSTS | delete NAME]",
  summary: "What blueprints may send; a value is read from stdin and never shown. Needs a key with the scope admin.",
  verbs: Object.keys(SECRET_VERBS),
  options: { host: { type: "string", summary: "of set: where it may be sent, with commas; * for any" } },
  run: (invocation) => byVerb(SECRET_VERBS, invocation),
};

const login: Command = {
  name: "login",
  usage: "--url URL",
  summary: "Remember a server and a key, which is read from stdin.",
  options: { url: { type: "string", summary: "of the server" } },
  run: async ({ out, values, env, readStdin, signal }) => {
    const url = textOf(values, "url");
    if (url === undefined || !URL.canParse(url)) throw new UsageError("--url is missing, or no URL.");
    if (out.isHuman) out.note("API key, then Enter and Ctrl-D (empty for a server on this machine without keys):");
    const key = (await readStdin()).trim() || undefined;
    // A key that cannot be used is not kept.
    await rowsOf(new EdgeJobs({ url, key }).blueprints.list({ signal }));
    const file = await saveLogin(env, { url, key });
    out.note(`Saved in ${file}.`);
    return EXIT.succeeded;
  },
};

const open: Command = {
  name: "open",
  usage: "[JOB_ID]",
  summary: "Print the address of the dashboard, or of a job there.",
  options: {},
  run: async ({ out, positionals, url }) => {
    const [id] = positionals;
    const base = url().replace(/\/+$/, "");
    out.line(id === undefined ? `${base}/ui/` : `${base}/ui/#/jobs/${encodeURIComponent(id)}`);
    return EXIT.succeeded;
  },
};

export const ACCESS_COMMANDS: readonly Command[] = [login, keys, secrets, open];
