/** What a caller may send. */

import { KIB } from "./units.ts";

export const MAX_BODY_BYTES = 256 * KIB;
export const MAX_METADATA_BYTES = 16 * KIB;
export const MAX_INPUT_BYTES = 128 * KIB;
export const MAX_BLUEPRINT_BYTES = 64 * KIB;
export const MAX_JSON_DEPTH = 32;
/** Of a message of MCP, beside its arguments: what clients say of themselves nests six levels deep. */
export const MAX_ENVELOPE_DEPTH = 64;
/** Fields and elements of one call's arguments, all levels together. */
export const MAX_JSON_ELEMENTS = 10_000;
export const MAX_NAME_CHARS = 128;
export const MAX_IDEMPOTENCY_KEY_CHARS = 128;
export const MAX_METADATA_FILTERS = 3;
/** A blueprint's `name` or `name@version`, with room for what an error can repeat of a wrong one. */
export const MAX_REFERENCE_CHARS = 200;
