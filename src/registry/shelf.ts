import canonicalize from "canonicalize";
import type { Blueprint } from "../blueprint/blueprint.ts";
import type { JsonObject } from "../jobs/json.ts";
import type { SavedBlueprint, ShelfApi } from "./api-shelf.ts";
import type { Ledger } from "./ledger.ts";

/** The blueprints that this object's tenant saved. Versions count up and never change. */
export class Shelf implements ShelfApi {
  readonly #ledger: Ledger;
  /** Epoch ms. */
  readonly #now: () => number;

  constructor(ledger: Ledger, now: () => number) {
    this.#ledger = ledger;
    this.#now = now;
  }

  async saveBlueprint(_tenant: string, document: JsonObject, plan: Blueprint, by: string | null = null) {
    const { queries } = this.#ledger;
    const { name } = plan;
    return this.#ledger.transact(() => {
      const latest = queries.blueprint(name, null);
      if (latest !== undefined && canonicalize(JSON.parse(latest.document_json)) === canonicalize(document)) {
        return { name, version: latest.version };
      }
      const version = (latest?.version ?? 0) + 1;
      const texts = { document_json: JSON.stringify(document), plan_json: JSON.stringify(plan) };
      queries.insertBlueprint({ name, version, description: plan.description ?? "", ...texts });
      this.#ledger.note({ at: this.#now(), action: "blueprint_saved", actor: by, subject: `${name}@${version}` });
      return { name, version };
    });
  }

  async savedBlueprint(_tenant: string, name: string, version: number | null): Promise<SavedBlueprint | null> {
    const saved = this.#ledger.queries.blueprint(name, version);
    if (saved === undefined) return null;
    const { document_json, plan_json, ...fields } = saved;
    return { name, ...fields, document: JSON.parse(document_json), plan: JSON.parse(plan_json) };
  }

  /** The latest version of each name above `after`, by name. */
  async savedBlueprints(_tenant: string, after: string, limit: number) {
    const found: Omit<SavedBlueprint, "document" | "plan">[] = [];
    for (let last = after; found.length < limit; ) {
      const name = this.#ledger.queries.nextBlueprintName(last);
      const saved = name === undefined ? undefined : this.#ledger.queries.blueprint(name, null);
      if (name === undefined || saved === undefined) break;
      found.push({ name, version: saved.version, description: saved.description });
      last = name;
    }
    return found;
  }
}
