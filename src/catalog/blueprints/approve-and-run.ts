import type { CatalogEntry } from "../entry.ts";

export const approveAndRun: CatalogEntry = {
  version: 1,
  document: {
    name: "approve-and-run",
    description: "Ask a person, and POST to a URL only on a yes.",
    input: {
      type: "object",
      required: ["message", "url"],
      additionalProperties: false,
      properties: {
        message: {
          type: "string",
          description: "The question",
        },
        url: {
          type: "string",
          format: "uri",
          description: "Where to POST",
        },
        body: {
          description: "What to POST, any JSON",
        },
        timeout: {
          type: "string",
          default: "1 day",
          description: "How long the question stays open",
        },
      },
    },
    steps: [
      {
        id: "ask",
        type: "input",
        message: "{% $input.message %}",
        timeout: "{% $input.timeout %}",
        schema: {
          type: "object",
          properties: {
            note: {
              type: "string",
              maxLength: 500,
              description: "A word to whoever asked",
            },
          },
        },
      },
      {
        id: "run",
        type: "http",
        method: "POST",
        when: "{% $steps.ask.action = 'accept' %}",
        url: "{% $input.url %}",
        body: "{% $input.body %}",
      },
    ],
    output: {
      answer: "{% $steps.ask.action %}",
      note: "{% $steps.ask.content.note %}",
      status: "{% $steps.run.status %}",
      body: "{% $steps.run.body %}",
    },
  },
};
