import { EdgeJobs } from "../../../client/src/index.ts";
import {
  argument,
  type Command,
  contentOf,
  EXIT,
  type ExitCode,
  type Invocation,
  numberOf,
  parseObject,
  textOf,
  UsageError,
} from "../command.ts";
import { show, showRows } from "../output.ts";
import { saveLogin } from "../settings.ts";

type Verbs = { readonly [verb: string]: (invocation: Invocation) => Promise<void> };

/** A command whose first argument says what to do; without one the first verb is meant. */
async function byVerb(verbs: Verbs, invocation: Invocation): Promise<ExitCode> {
  const { positionals } = invocation;
  const verb = positionals[0] ?? Object.keys(verbs)[0] ?? "";
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (run === undefined) throw new UsageError(`"${verb}" is none of ${Object.keys(verbs).join(", ")}.`);
  await run({ ...invocation, positionals: positionals.slice(1) });
  return EXIT.succeeded;
}

async function rowsOf(rows: AsyncIterable<object>): Promise<object[]> {
  const all: object[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

/** A file, or `-` for stdin. */
function fileArgument(invocation: Invocation): string {
  const text = argument(invocation, 0, "FILE");
  return text === "-" || text.startsWith("@") ? text : `@${text}`;
}

const BLUEPRINT_VERBS: Verbs = {
  list: async ({ client, out, signal }) =>
    showRows(out, await rowsOf(client().blueprints.list({ signal })), ["name", "version", "source", "description"]),
  get: async (invocation) => {
    const { client, out, values, signal } = invocation;
    const version = numberOf(values, "version");
    const name = argument(invocation, 0, "NAME");
    const found = await client().blueprints.get(name, { signal, ...(version !== undefined && { version }) });
    out.line(JSON.stringify(out.isHuman ? found.blueprint : found, null, out.isHuman ? 2 : 0));
  },
  save: async (invocation) => {
    const { client, out, signal } = invocation;
    const document = parseObject(await contentOf(fileArgument(invocation), invocation), "FILE");
    show(out, await client().blueprints.save(document, { signal }));
  },
  delete: async (invocation) => {
    const { client, out, values, signal } = invocation;
    const version = numberOf(values, "version");
    const name = argument(invocation, 0, "NAME");
    await client().blueprints.remove(name, { signal, ...(version !== undefined && { version }) });
    show(out, { name, deleted: true });
  },
};

const blueprints: Command = {
  name: "blueprints",
  usage: "[list | get NAME | save FILE | delete NAME]",
  summary: "Blueprints of the catalogue, and saved ones.",
  verbs: Object.keys(BLUEPRINT_VERBS),
  options: { version: { type: "string", summary: "one version; of delete: all when left out" } },
  run: (invocation) => byVerb(BLUEPRINT_VERBS, invocation),
};

const TRIGGER_VERBS: Verbs = {
  list: async ({ client, out, signal }) => {
    const args = { limit: 100 };
    const { triggers } = await client().call<{ triggers: object[] }>("triggers_list", args, { signal });
    showRows(out, triggers, ["name", "kind", "blueprint", "paused", "runs", "next_runs"]);
  },
  ledger: async (invocation) => {
    const { client, out, signal } = invocation;
    const args = { name: argument(invocation, 0, "NAME"), limit: 100 };
    const { ledger } = await client().call<{ ledger: object[] }>("triggers_ledger", args, { signal });
    showRows(out, ledger, ["at", "outcome", "occurrence", "job_id", "reason"]);
  },
  save: async (invocation) => {
    const { client, out, signal } = invocation;
    const document = parseObject(await contentOf(fileArgument(invocation), invocation), "FILE");
    show(out, await client().call<object>("triggers_save", document, { signal }));
  },
  fire: async (invocation) => {
    const { client, out, values, signal } = invocation;
    const args = { name: argument(invocation, 0, "NAME"), from: textOf(values, "from"), to: textOf(values, "to") };
    const { fired } = await client().call<{ fired: object[] }>("triggers_fire", args, { signal });
    showRows(out, fired, ["due", "outcome", "job_id", "reason"]);
  },
  delete: async (invocation) => {
    const { client, out, signal } = invocation;
    const name = argument(invocation, 0, "NAME");
    await client().call("triggers_delete", { name }, { signal });
    show(out, { name, deleted: true });
  },
};

const triggers: Command = {
  name: "triggers",
  usage: "[list | ledger NAME | save FILE | fire NAME | delete NAME]",
  summary: "What starts jobs by itself: by time, by webhook, by event.",
  verbs: Object.keys(TRIGGER_VERBS),
  options: {
    from: { type: "string", summary: "of fire: all times of the schedule since then" },
    to: { type: "string", summary: "of fire: up to then" },
  },
  run: (invocation) => byVerb(TRIGGER_VERBS, invocation),
};

const KEY_VERBS: Verbs = {
  list: async ({ client, out, signal }) => {
    const { revoked } = await client().call<{ revoked: object[] }>("keys_list", {}, { signal });
    showRows(out, revoked, ["key_id", "revoked_at"]);
  },
  revoke: async (invocation) => {
    const { client, out, signal } = invocation;
    show(out, await client().call<object>("keys_revoke", { key_id: argument(invocation, 0, "KEY_ID") }, { signal }));
  },
  audit: async ({ client, out, values, signal }) => {
    const before = textOf(values, "before");
    const { entries } = await client().call<{ entries: object[] }>("audit_read", { before }, { signal });
    showRows(out, entries, ["at", "action", "subject", "actor"]);
  },
};

const keys: Command = {
  name: "keys",
  usage: "[list | revoke KEY_ID | audit]",
  summary: "Revoked keys, and what was done by whom; needs a key with the scope admin.",
  verbs: Object.keys(KEY_VERBS),
  options: { before: { type: "string", summary: "of audit: only what was done before this time" } },
  run: (invocation) => byVerb(KEY_VERBS, invocation),
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
    out.line(id === undefined ? `${base}/ui/` : `${base}/ui/jobs/${encodeURIComponent(id)}`);
    return EXIT.succeeded;
  },
};

export const TENANT_COMMANDS: readonly Command[] = [login, blueprints, triggers, keys, open];
