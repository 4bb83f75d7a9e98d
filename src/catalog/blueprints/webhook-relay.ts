import type { CatalogEntry } from "../entry.ts";

export const webhookRelay: CatalogEntry = {
  version: 1,
  document: {
    name: "webhook-relay",
    description: "POST one JSON payload to several URLs, each with retries of its own; those that fail are listed.",
    input: {
      type: "object",
      required: ["urls", "payload"],
      additionalProperties: false,
      properties: {
        urls: {
          type: "array",
          minItems: 1,
          maxItems: 100,
          items: {
            type: "string",
            format: "uri",
          },
          description: "Where to POST",
        },
        payload: {
          description: "Any JSON",
        },
      },
    },
    steps: [
      {
        id: "sent",
        type: "map",
        over: "{% $input.urls %}",
        steps: [
          {
            id: "send",
            type: "http",
            method: "POST",
            url: "{% $item %}",
            body: "{% $input.payload %}",
            retry: {
              limit: 5,
              delay: "5 seconds",
            },
            on_error: "continue",
          },
          {
            id: "outcome",
            type: "transform",
            value: {
              url: "{% $item %}",
              error: "{% $steps.send.error.message %}",
            },
          },
        ],
      },
    ],
    output: {
      delivered: "{% [$steps.sent[$not($exists(error))].url] %}",
      failed: "{% [$steps.sent[$exists(error)]] %}",
    },
  },
};
