import type { Handler } from "../define-handler.ts";
import { auditUrl } from "./audit-url.ts";
import { extractLinks } from "./extract-links.ts";

/** By name. A new handler is one file and one line here. */
export const HANDLERS: Readonly<Record<string, Handler>> = Object.fromEntries(
  [auditUrl, extractLinks].map((handler) => [handler.name, handler]),
);
