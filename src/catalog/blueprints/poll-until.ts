import type { CatalogEntry } from "../entry.ts";

export const pollUntil: CatalogEntry = {
  version: 1,
  document: {
    name: "poll-until",
    description: "Ask a URL again and again until a field of its JSON answer has a value.",
    input: {
      type: "object",
      required: ["url", "field", "equals"],
      additionalProperties: false,
      properties: {
        url: {
          type: "string",
          format: "uri",
          description: "What is asked",
        },
        field: {
          type: "string",
          description: "Field of the answer",
        },
        equals: {
          description: "The value to wait for",
        },
        every: {
          type: "string",
          default: "10 seconds",
          description: "Pause between two polls",
        },
        limit: {
          type: "integer",
          minimum: 1,
          maximum: 1000,
          default: 60,
          description: "Polls at most",
        },
      },
    },
    steps: [
      {
        id: "poll",
        type: "http",
        url: "{% $input.url %}",
        until: "{% $lookup($response.body, $input.field) = $input.equals %}",
        every: "{% $input.every %}",
        limit: "{% $input.limit %}",
      },
    ],
    output: "{% $steps.poll.body %}",
  },
};
