import type { Operation } from "./operations.ts";
import type { CallOptions } from "./transport.ts";
import type { Blueprint, BlueprintRow, JsonObject } from "./types.ts";

export interface Caller {
  call<T>(operation: Operation, args?: object, options?: CallOptions): Promise<T>;
}

/** Blueprints by name: the catalogue's, and those that the tenant saved. */
export class Blueprints {
  readonly #client: Caller;

  constructor(client: Caller) {
    this.#client = client;
  }

  /** Each in its latest version, by name. */
  async *list(options?: CallOptions): AsyncGenerator<BlueprintRow, void> {
    for (let cursor: string | undefined | null; cursor !== null; ) {
      const page: { blueprints: BlueprintRow[]; next_cursor: string | null } = await this.#client.call(
        "blueprints_list",
        { cursor },
        options,
      );
      yield* page.blueprints;
      cursor = page.next_cursor;
    }
  }

  get(name: string, { version, ...options }: CallOptions & { version?: number } = {}): Promise<Blueprint> {
    return this.#client.call("blueprints_get", { name, version }, options);
  }

  save(blueprint: JsonObject, options?: CallOptions): Promise<{ name: string; version: number }> {
    return this.#client.call("blueprints_save", { blueprint }, options);
  }

  async remove(name: string, { version, ...options }: CallOptions & { version?: number } = {}): Promise<void> {
    await this.#client.call("blueprints_delete", { name, version }, options);
  }
}
