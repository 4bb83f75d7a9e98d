import type { CatalogEntry } from "../entry.ts";

/** Beside version 1 it sends the person a link, when it is told where to. */
export const approveAndRun2: CatalogEntry = {
  version: 2,
  document: {
    name: "approve-and-run",
    description: "Ask a person, also by a link that it sends, and POST to a URL only on a yes.",
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
        tell: {
          type: "string",
          format: "uri",
          description: "Where to POST {text, link} to first, such as a chat; whoever has the link can answer",
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
        id: "tell",
        type: "http",
        method: "POST",
        when: "{% $exists($input.tell) %}",
        url: "{% $input.tell %}",
        body: { text: "{% $input.message %} {% $link.ask %}", link: "{% $link.ask %}" },
      },
      {
        id: "ask",
        type: "input",
        link: true,
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
