import { isJsonObject, type Json } from "../jobs/json.ts";

/** The Worker secrets that blueprints may use, by name. Never stored, logged or shown. */
export class Secrets {
  readonly #byName: ReadonlyMap<string, string>;

  /** The longest value first: of two that share their beginning none is left half in a text. */
  constructor(byName: ReadonlyMap<string, string>) {
    this.#byName = new Map([...byName].sort(([, a], [, b]) => b.length - a.length));
  }

  get(name: string): string | undefined {
    return this.#byName.get(name);
  }

  areIn(text: string): boolean {
    return [...this.#byName.values()].some((value) => text.includes(value));
  }

  /** The text with every secret's value replaced by its name: services echo what they are sent. */
  redactText(text: string): string {
    return [...this.#byName].reduce((rest, [name, value]) => rest.replaceAll(value, `[secret ${name}]`), text);
  }

  /** The same for every string of a value, keys too. */
  redact(value: Json): Json {
    if (this.#byName.size === 0) return value;
    if (typeof value === "string") return this.redactText(value);
    if (Array.isArray(value)) return value.map((item) => this.redact(item));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.redactText(key), this.redact(item)]));
  }
}
