import { type HostPattern, matchesHost } from "../lib/http/host-pattern.ts";
import { isJsonObject, type Json } from "../lib/json.ts";
import { MIN_BLUEPRINT_SECRET_CHARS } from "../limits.ts";
import { spellingsOf } from "./spellings.ts";

/** A Worker secret that the blueprints of one tenant may use. */
export interface Secret {
  name: string;
  value: string;
  /** Where it may be sent. */
  hosts: readonly HostPattern[];
}

/** The value, and of a secret URL what a service shows that repeats the line of the request. */
function partsOf(value: string): string[] {
  const url = /^https?:/i.test(value) ? URL.parse(value) : null;
  if (url === null) return [value];
  const path = url.pathname.slice(1);
  const parts = [url.href, `${path}${url.search}`, path].filter((part) => part.length >= MIN_BLUEPRINT_SECRET_CHARS);
  return [...new Set([value, ...parts])];
}

/** The secrets that one tenant's blueprints may use. Never stored, logged or shown. */
export class Secrets {
  #byName: ReadonlyMap<string, Secret> = new Map();
  /** One group for each of `#names`. */
  #pattern = /(?!)/g;
  #names: readonly string[] = [];

  constructor(secrets: readonly Secret[]) {
    this.know(secrets);
  }

  /** These and no others. Of two with one name the last is sent, and neither is shown. */
  know(secrets: readonly Secret[]): void {
    this.#byName = new Map(secrets.map((secret) => [secret.name, secret]));
    const texts = secrets.flatMap(({ name, value }) => partsOf(value).map((text) => ({ name, text })));
    // The longest first: of two that share their beginning none is left half in a text.
    texts.sort((a, b) => b.text.length - a.text.length);
    this.#pattern = new RegExp(texts.map(({ text }) => `(${spellingsOf(text)})`).join("|"), "g");
    this.#names = texts.map(({ name }) => name);
  }

  get(name: string): string | undefined {
    return this.#byName.get(name)?.value;
  }

  /** Whether the secret may be sent there. */
  mayGo(name: string, to: URL): boolean {
    return this.#byName.get(name)?.hosts.some((host) => matchesHost(host, to)) === true;
  }

  /** The secrets in the text, in any spelling, that may not be sent there. */
  strays(text: string, to: URL): string[] {
    return this.#found(text).filter((name) => !this.mayGo(name, to));
  }

  areIn(text: string): boolean {
    return this.#found(text).length > 0;
  }

  #found(text: string): string[] {
    if (this.#byName.size === 0) return [];
    return [...text.matchAll(this.#pattern)].map(([, ...groups]) => this.#nameOf(groups));
  }

  #nameOf(groups: readonly unknown[]): string {
    return this.#names[groups.findIndex((group) => group !== undefined)] ?? "";
  }

  /** The text with every secret, in any spelling, replaced by its name: services repeat what they are sent. */
  redactText(text: string): string {
    if (text.length < MIN_BLUEPRINT_SECRET_CHARS || this.#byName.size === 0) return text;
    return text.replace(this.#pattern, (_match, ...groups) => `[secret ${this.#nameOf(groups)}]`);
  }

  /** The same for every string and number of a value, keys too. */
  redact(value: Json): Json {
    if (this.#byName.size === 0) return value;
    if (typeof value === "string") return this.redactText(value);
    if (typeof value === "number") return this.#redactNumber(value);
    if (Array.isArray(value)) return value.map((item) => this.redact(item));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.redactText(key), this.redact(item)]));
  }

  /** A secret of digits is a number in JSON. */
  #redactNumber(value: number): Json {
    const text = String(value);
    const redacted = this.redactText(text);
    return redacted === text ? value : redacted;
  }
}
