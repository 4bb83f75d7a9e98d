import canonicalize from "canonicalize";
import type { Blueprint } from "../../blueprint/blueprint.ts";
import { type JsonObject, utf8Bytes } from "../../lib/json.ts";
import { MAX_SAVED_BLUEPRINTS } from "../../limits.ts";
import type { SavedBlueprint, SavedBlueprintsApi, SavedBlueprintsFull } from "../api/blueprint-calls.ts";
import type { Caller } from "../api/caller.ts";
import type { RegistryContext } from "../context.ts";
import type { BlueprintVersions } from "../storage/blueprint-versions.ts";

/** The blueprints that this object's tenant saved. Versions count up and never change. */
export class SavedBlueprints implements SavedBlueprintsApi {
  readonly #context: RegistryContext;

  constructor(context: RegistryContext) {
    this.#context = context;
  }

  get #versions(): BlueprintVersions {
    return this.#context.tables.blueprints;
  }

  async saveBlueprint(
    { actor }: Caller,
    document: JsonObject,
    plan: Blueprint,
  ): Promise<{ name: string; version: number } | { refused: SavedBlueprintsFull }> {
    const { name } = plan;
    return this.#context.store.transact(() => {
      const latest = this.#versions.find(name, null);
      if (latest !== undefined && canonicalize(JSON.parse(latest.document_json)) === canonicalize(document)) {
        return { name, version: latest.version };
      }
      const texts = { document_json: JSON.stringify(document), plan_json: JSON.stringify(plan) };
      const refused = this.#refusal(utf8Bytes(texts.document_json) + utf8Bytes(texts.plan_json));
      if (refused !== undefined) return { refused };
      const version = this.#versions.nextVersion(name);
      this.#versions.insert(name, { version, description: plan.description ?? "", ...texts });
      this.#context.store.note({
        at: this.#context.now(),
        action: "blueprint_saved",
        actor,
        subject: `${name}@${version}`,
      });
      return { name, version };
    });
  }

  async deleteBlueprint({ actor }: Caller, name: string, version: number | null): Promise<boolean> {
    return this.#context.store.transact(() => {
      if (!this.#versions.delete(name, version)) return false;
      const subject = version === null ? name : `${name}@${version}`;
      this.#context.store.note({ at: this.#context.now(), action: "blueprint_deleted", actor, subject });
      return true;
    });
  }

  #refusal(bytes: number): SavedBlueprintsFull | undefined {
    const saved = this.#versions.count();
    if (saved >= MAX_SAVED_BLUEPRINTS) return { code: "too_many_blueprints", saved, limit: MAX_SAVED_BLUEPRINTS };
    return this.#context.admission.storageRefusal(bytes);
  }

  async savedBlueprint(_caller: Caller, name: string, version: number | null): Promise<SavedBlueprint | null> {
    const saved = this.#versions.find(name, version);
    if (saved === undefined) return null;
    const { document_json, plan_json, ...fields } = saved;
    return { name, ...fields, document: JSON.parse(document_json), plan: JSON.parse(plan_json) };
  }

  /** The latest version of each name above `after`, by name. */
  async savedBlueprints(_caller: Caller, after: string, limit: number) {
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
