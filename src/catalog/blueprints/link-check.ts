import { DEFAULT_LINKS, MAX_HTTP_BYTES, MAX_LINKS, MAX_URL_CHARS } from "../../limits.ts";
import type { CatalogEntry } from "../entry.ts";

export const linkCheck: CatalogEntry = {
  version: 1,
  document: {
    name: "link-check",
    description: "Fetch a web page, follow each of its links once, and list the broken ones and those that moved.",
    input: {
      type: "object",
      required: ["url"],
      additionalProperties: false,
      properties: {
        url: { type: "string", format: "uri", maxLength: MAX_URL_CHARS, description: "The page, http or https" },
        limit: {
          type: "integer",
          minimum: 1,
          maximum: MAX_LINKS,
          description: `Links to follow at most; ${DEFAULT_LINKS} when left out`,
        },
      },
    },
    steps: [
      {
        id: "page",
        type: "http",
        url: "{% $input.url %}",
        headers: { accept: "text/html" },
        max_bytes: MAX_HTTP_BYTES,
      },
      {
        id: "found",
        type: "handler",
        handler: "extract-links",
        input: {
          html: "{% $string($steps.page.body) %}",
          base_url: "{% $input.url %}",
          limit: `{% $exists($input.limit) ? $input.limit : ${DEFAULT_LINKS} %}`,
        },
      },
      {
        id: "links",
        type: "map",
        over: "{% $steps.found.links %}",
        steps: [
          {
            id: "link",
            type: "handler",
            handler: "audit-url",
            input: { url: "{% $item %}" },
            timeout: "30 seconds",
            retry: { limit: 1, delay: "1 second", backoff: "fixed" },
          },
        ],
      },
      {
        id: "report",
        type: "transform",
        value: {
          page: "{% $input.url %}",
          checked: "{% $count($steps.links) %}",
          ok: "{% $count($steps.links[ok]) %}",
          broken: '{% [$steps.links[ok = false].{"url": url, "status": status, "error": error}] %}',
          moved: '{% [$steps.links[ok and redirects > 0].{"url": url, "final_url": final_url}] %}',
        },
      },
    ],
  },
};
