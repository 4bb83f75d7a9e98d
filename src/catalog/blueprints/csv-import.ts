import type { CatalogEntry } from "../entry.ts";

export const csvImport: CatalogEntry = {
  version: 1,
  document: {
    name: "csv-import",
    description: "Fetch a CSV file and POST each of its rows as JSON to a URL; rows that fail are listed.",
    input: {
      type: "object",
      required: ["csv_url", "url"],
      additionalProperties: false,
      properties: {
        csv_url: {
          type: "string",
          format: "uri",
          description: "The file, with a header row",
        },
        url: {
          type: "string",
          format: "uri",
          description: "Where each row goes",
        },
        concurrency: {
          type: "integer",
          minimum: 1,
          maximum: 20,
          default: 5,
          description: "Rows at a time",
        },
      },
    },
    steps: [
      {
        id: "file",
        type: "http",
        url: "{% $input.csv_url %}",
        as: "text",
      },
      {
        id: "rows",
        type: "map",
        over: "{% $parse($steps.file.body, 'csv') %}",
        concurrency: "{% $input.concurrency %}",
        steps: [
          {
            id: "send",
            type: "http",
            method: "POST",
            url: "{% $input.url %}",
            body: "{% $item %}",
            on_error: "continue",
          },
          {
            id: "row",
            type: "transform",
            value: {
              row: "{% $index + 1 %}",
              error: "{% $steps.send.error.message %}",
            },
          },
        ],
      },
    ],
    output: {
      rows: "{% $count($steps.rows) %}",
      failed: "{% [$steps.rows[$exists(error)]] %}",
    },
  },
};
