import canonicalize from "canonicalize";
import type { Blueprint } from "../../blueprint/blueprint.ts";
import { type JsonObject, utf8Bytes } from "../../lib/json.ts";
import { MAX_SAVED_BLUEPRINTS } from "../../limits.ts";
import type { SavedBlueprint, ShelfApi, ShelfFull } from "../api/saved-blueprints.ts";
import type { Gate } from "../dispatch/admission.ts";
import type { BlueprintVersions } from "../storage/blueprint-versions.ts";
import type { Ledger } from "../storage/job-store.ts";

interface ShelfDeps {
  ledger: Ledger;
  gate: Gate;
  /** Epoch ms. */
  now: () => number;
}

/** The blueprints that this object's tenant saved. Versions count up and never change. */
export class Shelf implements ShelfApi {
  readonly #ledger: Ledger;
  readonly #gate: Gate;
  /** Epoch ms. */
  readonly #now: () => number;

  constructor({ ledger, gate, now }: ShelfDeps) {
    this.#ledger = ledger;
    this.#gate = gate;
    this.#now = now;
  }

  get #versions(): BlueprintVersions {
    return this.#ledger.tables.blueprints;
  }

  async saveBlueprint(
    _tenant: string,
    document: JsonObject,
    plan: Blueprint,
    by: string | null = null,
  ): Promise<{ name: string; version: number } | { refused: ShelfFull }> {
    const { name } = plan;
    return this.#ledger.transact(() => {
      const latest = this.#versions.find(name, null);
      if (latest !== undefined && canonicalize(JSON.parse(latest.document_json)) === canonicalize(document)) {
        return { name, version: latest.version };
      }
      const texts = { document_json: JSON.stringify(document), plan_json: JSON.stringify(plan) };
      const refused = this.#refusal(utf8Bytes(texts.document_json) + utf8Bytes(texts.plan_json));
      if (refused !== undefined) return { refused };
      const version = this.#versions.nextVersion(name);
      this.#versions.insert(name, { version, description: plan.description ?? "", ...texts });
      this.#ledger.note({ at: this.#now(), action: "blueprint_saved", actor: by, subject: `${name}@${version}` });
      return { name, version };
    });
  }

  async deleteBlueprint(
    _tenant: string,
    name: string,
    version: number | null,
    by: string | null = null,
  ): Promise<boolean> {
    return this.#ledger.transact(() => {
      if (!this.#versions.delete(name, version)) return false;
      const subject = version === null ? name : `${name}@${version}`;
      this.#ledger.note({ at: this.#now(), action: "blueprint_deleted", actor: by, subject });
      return true;
    });
  }

  #refusal(bytes: number): ShelfFull | undefined {
    const saved = this.#versions.count();
    if (saved >= MAX_SAVED_BLUEPRINTS) return { code: "too_many_blueprints", saved, limit: MAX_SAVED_BLUEPRINTS };
    return this.#gate.room(bytes);
  }

  async savedBlueprint(_tenant: string, name: string, version: number | null): Promise<SavedBlueprint | null> {
    const saved = this.#versions.find(name, version);
    if (saved === undefined) return null;
    const { document_json, plan_json, ...fields } = saved;
    return { name, ...fields, document: JSON.parse(document_json), plan: JSON.parse(plan_json) };
  }

  /** The latest version of each name above `after`, by name. */
  async savedBlueprints(_tenant: string, after: string, limit: number) {
    const found: Omit<SavedBlueprint, "document" | "plan">[] = [];
    for (let last = after; found.length < limit; ) {
      const name = this.#versions.nextName(last);
      const saved = name === undefined ? undefined : this.#versions.find(name, null);
      if (name === undefined || saved === undefined) break;
      found.push({ name, version: saved.version, description: saved.description });
      last = name;
    }
    return found;
  }
}
