import { MAX_URL_CHARS } from "../../limits.ts";
import type { CatalogEntry } from "../entry.ts";

const request = {
  type: "object",
  required: ["url"],
  additionalProperties: false,
  properties: {
    url: { type: "string", format: "uri", maxLength: MAX_URL_CHARS, description: "Where it is sent, by POST" },
    body: { type: "object", description: "The JSON to send" },
  },
};

export const httpSaga: CatalogEntry = {
  version: 1,
  document: {
    name: "http-saga",
    description:
      "Send requests one after the other; when one fails, or the job is cancelled, take back those that were answered, the last one first.",
    input: {
      type: "object",
      required: ["steps"],
      additionalProperties: false,
      properties: {
        steps: {
          type: "array",
          minItems: 1,
          maxItems: 100,
          items: {
            type: "object",
            required: ["do"],
            additionalProperties: false,
            properties: { do: request, undo: request },
          },
          description: "What is done, and what takes it back; answer is added to the body of the latter",
        },
      },
    },
    steps: [
      {
        id: "all",
        type: "map",
        over: "{% $input.steps %}",
        concurrency: 1,
        steps: [
          {
            id: "call",
            type: "http",
            method: "POST",
            url: "{% $item.do.url %}",
            body: "{% $item.do.body %}",
            undo: {
              type: "http",
              method: "POST",
              when: "{% $exists($item.undo) %}",
              url: "{% $item.undo.url %}",
              body: "{% $merge([$item.undo.body, {'answer': $steps.call.body}]) %}",
            },
          },
          { id: "answer", type: "transform", value: "{% $steps.call.body %}" },
        ],
      },
    ],
    output: { answers: "{% $steps.all %}" },
  },
};
