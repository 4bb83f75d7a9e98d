import type { CatalogEntry } from "../entry.ts";
import { delayedWebhook } from "./delayed-webhook.ts";
import { linkCheck } from "./link-check.ts";
import { urlAudit } from "./url-audit.ts";

/** A new blueprint is one file and one line here. */
export const BLUEPRINTS: readonly CatalogEntry[] = [urlAudit, linkCheck, delayedWebhook];
