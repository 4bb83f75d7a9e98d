/** What the handlers of the catalogue may cost, and what they answer. */

import { KIB, SECOND } from "./units.ts";

export const AUDIT_TIMEOUT_MS = 15 * SECOND;
export const MAX_AUDIT_BYTES = 256 * KIB;
export const MAX_AUDIT_URLS = 50;
export const MAX_TITLE_CHARS = 200;
export const MAX_URL_CHARS = 2 * KIB;
export const DEFAULT_LINKS = 50;
export const MAX_LINKS = 200;
