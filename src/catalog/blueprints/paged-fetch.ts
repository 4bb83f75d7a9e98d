import type { CatalogEntry } from "../entry.ts";

export const pagedFetch: CatalogEntry = {
  version: 1,
  document: {
    name: "paged-fetch",
    description: "Fetch a list that comes in pages: by a cursor or next URL in each answer, or by the header Link.",
    input: {
      type: "object",
      required: ["url"],
      additionalProperties: false,
      properties: {
        url: {
          type: "string",
          format: "uri",
          description: "The first page",
        },
        items_field: {
          type: "string",
          description: "Field of the answer that holds the items; left out: the answer is the list",
        },
        next_field: {
          type: "string",
          description: "Field of the answer that holds the cursor or URL of the next page; left out: the header Link",
        },
        cursor_param: {
          type: "string",
          description: "Query parameter that takes the cursor; left out: next_field holds a URL",
        },
        limit: {
          type: "integer",
          minimum: 1,
          maximum: 1000,
          default: 20,
          description: "Pages at most",
        },
      },
    },
    steps: [
      {
        id: "all",
        type: "http",
        url: "{% $input.url %}",
        pages: {
          items: "{% $exists($input.items_field) ? $lookup($response.body, $input.items_field) : $response.body %}",
          next: '{% ($next := $exists($input.next_field) ? $lookup($response.body, $input.next_field) : $match($response.headers.link, /<([^>]*)>;[^,]*rel="?next/)[0].groups[0]; $exists($input.cursor_param) and $boolean($next) ? {$input.cursor_param: $next} : $next) %}',
          limit: "{% $input.limit %}",
          on_limit: "stop",
        },
      },
    ],
    output: "{% $steps.all %}",
  },
};
