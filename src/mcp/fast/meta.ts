import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  PROTOCOL_VERSION_META_KEY,
} from "@modelcontextprotocol/server";
import { isJsonObject, type Json, type JsonObject } from "../../lib/json.ts";

/**
 * Whether the `_meta` of a request is so plain that the SDK would take it as it is. A no is no refusal: the SDK looks
 * then, with schemas of its own. So these are narrower than the specification, and never wider.
 */

const MODERN_VERSION = "2026-07-28";
const RESERVED_PREFIX = "io.modelcontextprotocol/";

const hasOnly = (value: Json | undefined, isFine: (key: string, value: Json) => boolean): value is JsonObject =>
  isJsonObject(value) && Object.entries(value).every(([key, child]) => isFine(key, child));

const isLeaf = (value: Json): boolean => typeof value !== "object";
const isFlat = (value: Json): boolean => isLeaf(value) || (Array.isArray(value) && value.every(isLeaf));
const isEmpty = (value: Json): boolean => hasOnly(value, () => false);
const isSettings = (value: Json): boolean => hasOnly(value, (_key, setting) => isFlat(setting));

function isPlainCapability(name: string, value: Json): boolean {
  switch (name) {
    case "extensions":
    case "experimental":
      return hasOnly(value, (_id, settings) => isSettings(settings));
    case "elicitation":
    case "sampling":
      return hasOnly(value, (_mode, settings) => isEmpty(settings));
    case "roots":
      return hasOnly(value, (key, flag) => key === "listChanged" && typeof flag === "boolean");
    default:
      return false;
  }
}

/** What a client says that it can do. */
export const isPlainCapabilities = (value: Json | undefined): boolean => hasOnly(value, isPlainCapability);

const isPlainIcon = (value: Json): boolean =>
  hasOnly(value, (key, text) => ["src", "mimeType"].includes(key) && typeof text === "string") && "src" in value;

const isPlainClientField = (key: string, value: Json): boolean =>
  key === "icons"
    ? Array.isArray(value) && value.every(isPlainIcon)
    : ["name", "version", "title", "description", "websiteUrl"].includes(key) && typeof value === "string";

export const isPlainClient = (value: Json | undefined): boolean =>
  hasOnly(value, isPlainClientField) && "name" in value && "version" in value;

/** Foreign keys mean nothing to anybody here, and a progress token nothing to a tool that tells no progress. */
const isPlainExtra = (key: string, value: Json): boolean =>
  key === "progressToken" ? typeof value === "string" || Number.isSafeInteger(value) : !key.startsWith(RESERVED_PREFIX);

/** Of a request of 2025. */
export const isPlainLegacyMeta = (meta: Json | undefined): boolean => meta === undefined || hasOnly(meta, isPlainExtra);

function isPlainModernEntry(key: string, value: Json): boolean {
  switch (key) {
    case PROTOCOL_VERSION_META_KEY:
      return value === MODERN_VERSION;
    case CLIENT_CAPABILITIES_META_KEY:
      return isPlainCapabilities(value);
    case CLIENT_INFO_META_KEY:
      return isPlainClient(value);
    default:
      return isPlainExtra(key, value);
  }
}

/** Of a request of 2026-07-28. */
export const isPlainModernMeta = (meta: Json | undefined): boolean =>
  hasOnly(meta, isPlainModernEntry) && PROTOCOL_VERSION_META_KEY in meta && CLIENT_CAPABILITIES_META_KEY in meta;

/** Whether the request says that it is of 2026-07-28, or of what follows. */
export const claimsModern = (meta: Json | undefined): boolean =>
  isJsonObject(meta) && PROTOCOL_VERSION_META_KEY in meta;
