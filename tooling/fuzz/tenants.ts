import { randomBytes } from "node:crypto";
import { KEY_ID_BYTES, newKeyId } from "../../src/auth/api-key.ts";
import { SCOPES, type Scope } from "../../src/auth/scopes.ts";
import { isJsonObject, type JsonObject } from "../../src/lib/json.ts";
import { createKey } from "../create-key.ts";
import { type Call, type EraVersion, type RawReply, send, toolCall } from "../raw.ts";

export const newSecret = (): string => randomBytes(32).toString("hex");

/** An API key, made as `npm run keys` makes it. */
export async function keyOf(tenant: string, secret: string, scope: readonly Scope[] = SCOPES): Promise<string> {
  const request = { tenant, scope: [...scope], days: 1, secret };
  return (await createKey(request, newKeyId(randomBytes(KEY_ID_BYTES)), Date.now())).key;
}

/** One tenant of a running server, and what stands in everything that it writes. */
export class Tenant {
  readonly name: string;
  /** Unique, and in every name, input and result of this tenant. */
  readonly canary = `canary-${randomBytes(8).toString("hex")}`;
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, name: string, key: string) {
    this.name = name;
    this.#url = url;
    this.#key = key;
  }

  send(call: Call, era: EraVersion = "2025-11-25"): Promise<RawReply> {
    return send(this.#url, this.#key, era, call);
  }

  /** The structured content of a tool's reply. @throws when it is an error */
  async tool(name: string, args: JsonObject): Promise<JsonObject> {
    const { message, bytes } = await this.send(toolCall(name, args));
    const content = message.result?.structuredContent;
    if (message.result?.isError === true || !isJsonObject(content)) throw new Error(`${name}: ${bytes}`);
    return content;
  }

  /** @returns the job's id */
  async submit(steps: JsonObject[], more: JsonObject = {}): Promise<string> {
    const blueprint = { name: `plan-${this.canary}`, steps };
    return String((await this.tool("jobs_submit_blueprint", { blueprint, ...more })).id);
  }

  /** @returns the ids of all jobs that match, of all pages */
  async jobs(where: JsonObject): Promise<string[]> {
    const ids: string[] = [];
    for (let more: JsonObject | undefined = {}; more !== undefined; ) {
      const page: JsonObject = await this.tool("jobs_list", { ...where, limit: 100, ...more });
      ids.push(...(page.jobs as { id: string }[]).map(({ id }) => id));
      more = typeof page.next_cursor === "string" ? { cursor: page.next_cursor } : undefined;
    }
    return ids;
  }
}

export const newTenant = async (url: string, name: string, secret: string): Promise<Tenant> =>
  new Tenant(url, name, await keyOf(name, secret));
