import { type HostPattern, matchesHost } from "../lib/http/host-pattern.ts";
import { isJsonObject, type Json } from "../lib/json.ts";
import { MIN_BLUEPRINT_SECRET_CHARS } from "../limits.ts";
import { Finder, type Sighting, type Sought } from "./finder.ts";

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
  #texts: readonly Sought[] = [];
  /** Made when it is needed: most runs send nothing. */
  #finder: Finder | undefined;
  /** What {@link redact} gave since it knows them. Nobody changes an output. */
  #clean = new WeakSet<object>();

  constructor(secrets: readonly Secret[]) {
    this.know(secrets);
  }

  /** These and no others. Of two with one name the last is sent, and neither is shown. */
  know(secrets: readonly Secret[]): void {
    // Most runs have none.
    if (secrets.length === 0 && this.#byName.size === 0) return;
    this.#byName = new Map(secrets.map((secret) => [secret.name, secret]));
    this.#texts = secrets.flatMap(({ name, value }) => partsOf(value).map((text) => ({ name, text })));
    this.#finder = undefined;
    this.#clean = new WeakSet();
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
    return this.#found(text).flatMap(({ name }) => (this.mayGo(name, to) ? [] : [name]));
  }

  areIn(text: string): boolean {
    return this.#found(text).length > 0;
  }

  #found(text: string): Sighting[] {
    if (this.#byName.size === 0) return [];
    this.#finder ??= new Finder(this.#texts);
    return this.#finder.find(text);
  }

  /** The text with every secret, in any spelling, replaced by its name: services repeat what they are sent. */
  redactText(text: string): string {
    let redacted = "";
    let end = 0;
    for (const { from, to, name } of this.#found(text)) {
      if (from >= end) redacted += `${text.slice(end, from)}[secret ${name}]`;
      // Of one that overlaps with it nothing is left either.
      end = Math.max(end, to);
    }
    return end === 0 ? text : redacted + text.slice(end);
  }

  /** The same for every string and number of a value, keys too. What it was done to is not looked through again. */
  redact(value: Json): Json {
    if (this.#byName.size === 0) return value;
    if (typeof value !== "object" || value === null) return this.#redacted(value);
    if (this.#clean.has(value)) return value;
    const redacted = this.#redacted(value);
    if (typeof redacted === "object" && redacted !== null) this.#clean.add(redacted);
    return redacted;
  }

  #redacted(value: Json): Json {
    if (typeof value === "string") return this.redactText(value);
    if (typeof value === "number") return this.#redactNumber(value);
    if (Array.isArray(value)) return value.map((item) => this.#redacted(item));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.redactText(key), this.#redacted(item)]));
  }

  /** A secret of digits is a number in JSON. */
  #redactNumber(value: number): Json {
    const text = String(value);
    const redacted = this.redactText(text);
    return redacted === text ? value : redacted;
  }
}
