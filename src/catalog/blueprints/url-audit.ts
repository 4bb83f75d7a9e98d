import { MAX_AUDIT_URLS, MAX_URL_CHARS } from "../../limits.ts";
import type { CatalogEntry } from "../entry.ts";

export const urlAudit: CatalogEntry = {
  version: 1,
  document: {
    name: "url-audit",
    description:
      "Visit a list of URLs: status, bytes, title, latency and redirects of each, and a summary of what is broken, slow or moved.",
    input: {
      type: "object",
      required: ["urls"],
      additionalProperties: false,
      properties: {
        urls: {
          type: "array",
          description: "The pages to visit, in any order",
          minItems: 1,
          maxItems: MAX_AUDIT_URLS,
          items: { type: "string", format: "uri", maxLength: MAX_URL_CHARS, description: "An http or https URL" },
        },
      },
    },
    steps: [
      {
        id: "pages",
        type: "map",
        over: "{% $input.urls %}",
        steps: [
          {
            id: "page",
            type: "handler",
            handler: "audit-url",
            input: { url: "{% $item %}" },
            timeout: "30 seconds",
            retry: { limit: 1, delay: "1 second", backoff: "fixed" },
          },
        ],
      },
      {
        id: "summary",
        type: "transform",
        value: {
          total: "{% $count($steps.pages) %}",
          ok: "{% $count($steps.pages[ok]) %}",
          broken: '{% [$steps.pages[ok = false].{"url": url, "status": status, "error": error}] %}',
          redirected: "{% $count($steps.pages[redirects > 0]) %}",
          bytes: "{% $sum($steps.pages.bytes) %}",
          slowest:
            '{% $sort($steps.pages, function($a, $b) { $a.latency_ms < $b.latency_ms })[0].{"url": url, "latency_ms": latency_ms} %}',
        },
      },
    ],
    output: { summary: "{% $steps.summary %}", pages: "{% $steps.pages %}" },
  },
};
