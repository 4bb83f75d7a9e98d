import type { CatalogEntry } from "../entry.ts";

export const watchPage: CatalogEntry = {
  version: 1,
  document: {
    name: "watch-page",
    description:
      "Fetch a page, or one field of a JSON answer, compare it with the last job's, and tell a URL when it has changed.",
    input: {
      type: "object",
      required: ["url"],
      additionalProperties: false,
      properties: {
        url: {
          type: "string",
          format: "uri",
          description: "What is watched",
        },
        field: {
          type: "string",
          description: "Field of a JSON answer; left out: the whole text",
        },
        notify_url: {
          type: "string",
          format: "uri",
          description: "Gets a POST when it has changed",
        },
      },
    },
    steps: [
      {
        id: "page",
        type: "http",
        url: "{% $input.url %}",
      },
      {
        id: "now",
        type: "transform",
        value: {
          key: "{% 'watch-page ' & $hash($input.url & ' ' & $input.field) %}",
          value:
            "{% $exists($input.field) ? $lookup($steps.page.body, $input.field) : $hash($string($steps.page.body)) %}",
        },
      },
      {
        id: "last",
        type: "store",
        key: "{% $steps.now.key %}",
      },
      {
        id: "tell",
        type: "http",
        method: "POST",
        when: "{% $exists($input.notify_url) and $exists($steps.last.value) and $steps.last.value.seen != $steps.now.value %}",
        url: "{% $input.notify_url %}",
        body: {
          url: "{% $input.url %}",
          before: "{% $steps.last.value.seen %}",
          now: "{% $steps.now.value %}",
        },
      },
      {
        id: "keep",
        type: "store",
        key: "{% $steps.now.key %}",
        value: {
          seen: "{% $steps.now.value %}",
        },
      },
    ],
    output: {
      changed: "{% $exists($steps.last.value) and $steps.last.value.seen != $steps.now.value %}",
      before: "{% $steps.last.value.seen %}",
      now: "{% $steps.now.value %}",
      told: "{% $exists($steps.tell) %}",
    },
  },
};
