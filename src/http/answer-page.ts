import { html, raw } from "hono/html";
import type { Fault } from "../lib/fault.ts";
import { isJsonObject, type Json, type JsonObject } from "../lib/json.ts";
import { type Control, controlOf, propertiesOf, WHOLE_CONTENT } from "../service/links/form-controls.ts";

/** The pages that a person sees who was given the link of a question. What is asked is escaped by `html`. */

type Markup = ReturnType<typeof html>;

const STYLE = `
:root { color-scheme: light dark; --ground: light-dark(#f4f4f8, #101014); --surface: light-dark(#fff, #19191f);
  --line: light-dark(#d9d9e3, #34343f); --ink: light-dark(#1b1b22, #ededf2); --quiet: light-dark(#5f5f6e, #a0a0b2);
  --accent: light-dark(#4f4fc4, #a5a5ff); --on-accent: light-dark(#fff, #14142b); --bad: light-dark(#b3261e, #ff8a80);
  --bad-ground: light-dark(#fdeceb, #3a1a18);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--ink); background: var(--ground); }
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.25rem; }
main { width: 100%; max-width: 34rem; background: var(--surface); border: 1px solid var(--line); border-radius: 14px;
  padding: clamp(1.25rem, 5vw, 2.25rem); box-shadow: 0 1px 2px rgb(0 0 0 / 6%), 0 12px 32px rgb(0 0 0 / 6%); }
h1, p, ul { margin: 0; }
h1 { font-size: 1.3rem; font-weight: 650; line-height: 1.35; letter-spacing: -0.01em; white-space: pre-line;
  overflow-wrap: anywhere; }
.job { color: var(--quiet); font-size: .85rem; margin-bottom: .4rem; overflow-wrap: anywhere; }
.note { color: var(--quiet); font-size: .9rem; margin-top: .75rem; }
form { display: grid; gap: 1.1rem; margin-top: 1.5rem; }
label, legend { font-weight: 600; font-size: .95rem; padding: 0; overflow-wrap: anywhere; }
.hint { display: block; color: var(--quiet); font-weight: 400; font-size: .875rem; overflow-wrap: anywhere; }
.more { color: var(--quiet); font-weight: 400; font-size: .875rem; }
.field { display: grid; gap: .4rem; border: 0; padding: 0; margin: 0; min-width: 0; }
input:not([type="checkbox"], [type="radio"]), select, textarea { font: inherit; color: inherit; width: 100%; min-width: 0;
  background: var(--ground); border: 1px solid var(--line); border-radius: 8px; padding: .6rem .75rem; }
textarea { min-height: 6rem; resize: vertical; }
textarea.code { font: 0.9rem/1.5 ui-monospace, Menlo, Consolas, monospace; }
.option { display: flex; gap: .6rem; align-items: baseline; font-weight: 400; }
.option input { accent-color: var(--accent); flex: none; width: 1.05rem; height: 1.05rem; position: relative; top: .15rem; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: .4rem; }
button { font: inherit; font-weight: 600; border-radius: 8px; padding: .65rem 1.25rem; cursor: pointer; flex: 1 1 auto; white-space: nowrap;
  border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent); }
button.quiet { background: none; color: var(--ink); border-color: var(--line); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.faults { background: var(--bad-ground); color: var(--bad); border-radius: 8px; padding: .75rem 1rem; margin-top: 1.25rem;
  font-size: .9rem; list-style: none; overflow-wrap: anywhere; }
`;

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": POLICY,
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "x-robots-tag": "noindex, nofollow",
};

interface Page {
  title: string;
  job?: string | undefined;
  body: Markup | "";
}

async function page({ title, job, body }: Page, status: number): Promise<Response> {
  const markup = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title.split("\n", 1)[0]?.slice(0, 80)}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<main>
${job === undefined ? "" : html`<p class="job">${job} asks</p>`}
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;
  return new Response((await markup).toString(), { status, headers: HEADERS });
}

const note = (text: string): Markup => html`<p class="note">${text}</p>`;

/** A page that says how things stand. */
export const wordPage = (title: string, text: string, status: number, job?: string): Promise<Response> =>
  page({ title, job, body: note(text) }, status);

const textOf = (value: Json | undefined): string =>
  value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);

interface Field {
  name: string;
  rule: JsonObject;
  isRequired: boolean;
  /** What stands in it: what was sent, else the query, else the default. */
  values: readonly string[];
}

interface Option {
  value: string;
  title: string;
}

function optionsOf(rule: JsonObject): Option[] {
  const list = isJsonObject(rule.items) ? (rule.items.enum ?? rule.items.anyOf) : (rule.enum ?? rule.oneOf);
  const names = Array.isArray(rule.enumNames) ? rule.enumNames : [];
  return (Array.isArray(list) ? list : []).map((each, i) => {
    const value = textOf(isJsonObject(each) ? each.const : each);
    return { value, title: textOf(isJsonObject(each) ? each.title : names[i]) || value };
  });
}

const INPUT_TYPES: Readonly<Record<string, string>> = {
  date: "date",
  email: "email",
  uri: "url",
};

const attribute = (name: string, value: Json | undefined): Markup | "" =>
  typeof value === "number" ? html` ${name}="${value}"` : "";

const LONG_CHARS = 200;

function textInput({ name, rule, isRequired, values }: Field, id: string): Markup {
  const { format, maxLength, minLength } = rule;
  const value = values.at(-1) ?? "";
  const bounds = html`${attribute("minlength", minLength)}${attribute("maxlength", maxLength)} ${isRequired ? "required" : ""}`;
  const isLong = format === undefined && (typeof maxLength !== "number" || maxLength > LONG_CHARS);
  if (isLong) return html`<textarea id="${id}" name="${name}" ${bounds}>${value}</textarea>`;
  const type = INPUT_TYPES[textOf(format)] ?? "text";
  const example = format === "date-time" ? html` placeholder="2026-12-31T12:00:00Z"` : "";
  return html`<input id="${id}" type="${type}" name="${name}" value="${value}"${example} ${bounds}>`;
}

function numberInput({ name, rule, isRequired, values }: Field, id: string): Markup {
  const step = rule.type === "integer" ? "1" : "any";
  return html`<input id="${id}" type="number" step="${step}" name="${name}" value="${values.at(-1) ?? ""}"${attribute("min", rule.minimum)}${attribute("max", rule.maximum)} ${isRequired ? "required" : ""}>`;
}

const MANY_OPTIONS = 6;

function choiceInput({ name, rule, isRequired, values }: Field, id: string): Markup {
  const options = optionsOf(rule);
  if (options.length > MANY_OPTIONS) {
    const choices = options.map(
      ({ value, title }) =>
        html`<option value="${value}" ${values.includes(value) ? "selected" : ""}>${title}</option>`,
    );
    return html`<select id="${id}" name="${name}" ${isRequired ? "required" : ""}><option value=""></option>${choices}</select>`;
  }
  return html`${options.map(
    ({ value, title }) =>
      html`<label class="option"><input type="radio" name="${name}" value="${value}" ${values.includes(value) ? "checked" : ""} ${isRequired ? "required" : ""}> ${title}</label>`,
  )}`;
}

const choicesInput = ({ name, rule, values }: Field): Markup =>
  html`${optionsOf(rule).map(
    ({ value, title }) =>
      html`<label class="option"><input type="checkbox" name="${name}" value="${value}" ${values.includes(value) ? "checked" : ""}> ${title}</label>`,
  )}`;

const jsonInput = ({ name, isRequired, values }: Field, id: string): Markup =>
  html`<textarea class="code" id="${id}" name="${name}" spellcheck="false" placeholder="JSON" ${isRequired ? "required" : ""}>${values.at(-1) ?? ""}</textarea>`;

const titleOf = ({ name, rule }: Field): string => textOf(rule.title) || name;
const hintOf = ({ rule }: Field): Markup | "" =>
  rule.description === undefined ? "" : html`<span class="hint">${textOf(rule.description)}</span>`;

/** Several inputs under one heading. */
const GROUPED: readonly Control[] = ["choice", "choices"];

function fieldMarkup(field: Field, index: number): Markup {
  const id = `f${index}`;
  const control = controlOf(field.rule);
  const more = field.isRequired ? "" : html` <span class="more">optional</span>`;
  if (control === "flag") {
    const isSet = ["true", "on"].includes(field.values.at(-1) ?? "");
    return html`<div class="field"><input type="hidden" name="${field.name}" value="false"><label class="option"><input type="checkbox" name="${field.name}" value="true" ${isSet ? "checked" : ""}> <span>${titleOf(field)}${hintOf(field)}</span></label></div>`;
  }
  if (GROUPED.includes(control) && optionsOf(field.rule).length <= MANY_OPTIONS) {
    const inputs = control === "choice" ? choiceInput(field, id) : choicesInput(field);
    return html`<fieldset class="field"><legend>${titleOf(field)}${hintOf(field)}</legend>${inputs}</fieldset>`;
  }
  const INPUTS = { text: textInput, number: numberInput, choice: choiceInput, choices: choicesInput, json: jsonInput };
  return html`<div class="field"><label for="${id}">${titleOf(field)}${more}${hintOf(field)}</label>${INPUTS[control](field, id)}</div>`;
}

function fieldsOf(schema: JsonObject, given: URLSearchParams): Field[] {
  const properties = propertiesOf(schema);
  const required = Array.isArray(schema.required) ? schema.required : [];
  if (properties === undefined) {
    const isEmpty = isJsonObject(schema.properties) || Object.keys(schema).every((key) => key === "type");
    const rule = { title: "Your answer", description: "An object of JSON" };
    return isEmpty ? [] : [{ name: WHOLE_CONTENT, rule, isRequired: true, values: given.getAll(WHOLE_CONTENT) }];
  }
  return Object.entries(properties).map(([name, any]) => {
    const rule = isJsonObject(any) ? any : {};
    const [sent, own] = [given.getAll(name), rule.default];
    const fallback = Array.isArray(own) ? own.map(textOf) : own === undefined ? [] : [textOf(own)];
    return { name, rule, isRequired: required.includes(name), values: sent.length > 0 ? sent : fallback };
  });
}

export interface Asked {
  job: string;
  message: string;
  schema: JsonObject;
  /** When nobody can answer any more, in words. */
  until: string;
}

/**
 * The question with a form.
 * @param given what stands in the fields: of the query, or what was sent and did not fit
 */
export function questionPage(
  { job, message, schema, until }: Asked,
  given: URLSearchParams,
  faults: readonly Fault[] = [],
): Promise<Response> {
  const wrong = faults.map(
    ({ path, message: what, fix }) => html`<li>${path.replace(/^content\.?/, "")} ${what}. ${fix}</li>`,
  );
  const body = html`${wrong.length > 0 ? html`<ul class="faults" role="alert">${wrong}</ul>` : ""}
<form method="post">
${fieldsOf(schema, given).map(fieldMarkup)}
<div class="actions">
<button>Send answer</button>
<button class="quiet" formaction="?action=decline" formnovalidate>Decline</button>
</div>
</form>
${note(`Open until ${until}. The first answer counts.`)}`;
  return page({ title: message, job, body }, faults.length > 0 ? 422 : 200);
}
