import { auditUrl } from "../../src/catalog/handlers/audit-url.ts";
import { extractLinks } from "../../src/catalog/handlers/extract-links.ts";
import { CATALOG } from "../../src/catalog/index.ts";
import type { Json, JsonObject } from "../../src/lib/json.ts";
import { checkInput } from "../blueprint/support.ts";
import { atBound } from "../support/boundaries.ts";
import { contextOf } from "./context.ts";

const URL_A = "https://example.com/a";
const letters = (count: number): string => "a".repeat(count);

async function audit(body: string): Promise<JsonObject> {
  const page = () => new Response(body, { headers: { "content-type": "text/html" } });
  const result = await auditUrl.run({ url: URL_A }, contextOf({ [URL_A]: page }));
  if (!result.ok) throw new Error(result.error.message);
  return result.value as JsonObject;
}

const refusal = (result: { ok: boolean; error?: { code: string; message: string } }): string | undefined =>
  result.ok ? undefined : `${result.error?.code} ${result.error?.message}`;

function inputRefusal(name: string, input: Json): string | undefined {
  const entry = CATALOG.blueprints.find((each) => each.name === name);
  if (entry === undefined) throw new Error(`no blueprint ${name}`);
  const [fault] = checkInput(entry.plan, input);
  return fault && `${fault.path}: ${fault.message}. ${fault.fix}`;
}

atBound("MAX_AUDIT_BYTES", {
  of: "a page that is audited",
  refusal: /^262144 bytes were read, there are more$/,
  attempt: async (bytes) => {
    const found = await audit(letters(bytes));
    return found.truncated === true ? `${found.bytes} bytes were read, there are more` : undefined;
  },
});

atBound("MAX_TITLE_CHARS", {
  of: "a page that is audited",
  refusal: /^a{199}…$/,
  attempt: async (chars) => {
    const { title } = await audit(`<title>${letters(chars)}</title>`);
    return String(title).endsWith("…") ? String(title) : undefined;
  },
});

atBound("MAX_URL_CHARS", {
  of: "a page to audit",
  refusal: /^handler_input The input of audit-url does not fit\. url: .*2048/,
  attempt: async (chars) =>
    refusal(await auditUrl.run({ url: `${URL_A}${letters(chars - URL_A.length)}` }, contextOf({}))),
});

atBound("MAX_URL_CHARS", {
  of: "a page of links",
  refusal: /^input\.url: .*2048/,
  attempt: (chars) => inputRefusal("link-check", { url: `${URL_A}${letters(chars - URL_A.length)}` }),
});

atBound("MAX_REDIRECTS", {
  of: "a page that is audited",
  refusal: /^more than 5 redirects$/,
  attempt: async (hops) => {
    const at = (hop: number): string => `https://example.com/${hop}`;
    const routes = Array.from({ length: hops }, (_, hop) => {
      return [at(hop), () => new Response(null, { status: 302, headers: { location: at(hop + 1) } })];
    });
    const context = contextOf({ ...Object.fromEntries(routes), [at(hops)]: () => new Response("end") });
    const result = await auditUrl.run({ url: at(0) }, context);
    return ((result.ok ? (result.value as JsonObject) : {}).error as string | null) ?? undefined;
  },
});

atBound("MAX_AUDIT_URLS", {
  of: "an audit",
  refusal: /^input\.urls: .*50/,
  attempt: (count) => inputRefusal("url-audit", { urls: Array.from({ length: count }, (_, i) => `${URL_A}${i}`) }),
});

atBound("MAX_LINKS", {
  of: "a page whose links are extracted",
  refusal: /^handler_input The input of extract-links does not fit\. limit: .*200/,
  attempt: async (limit) => refusal(await extractLinks.run({ html: "", base_url: URL_A, limit }, contextOf({}))),
});

atBound("MAX_LINKS", {
  of: "a check of links",
  refusal: /^input\.limit: .*200/,
  attempt: (limit) => inputRefusal("link-check", { url: URL_A, limit }),
});
