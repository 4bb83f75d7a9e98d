import type { CatalogEntry } from "../entry.ts";

export const wakeClaudeRoutine: CatalogEntry = {
  version: 1,
  secrets: ["CLAUDE_ROUTINE_TOKEN"],
  document: {
    name: "wake-claude-routine",
    description:
      "Start a Claude Code routine with a text. It is sent once: a routine cannot be told the same thing twice.",
    input: {
      type: "object",
      required: ["routine"],
      additionalProperties: false,
      properties: {
        routine: { type: "string", description: "Id of the routine" },
        beta: {
          type: "string",
          default: "experimental-cc-routine-2026-04-01",
          description: "The beta header that the interface asks for now",
        },
        event: { type: "object", description: "What happened, as events_read tells it" },
        text: { type: "string", maxLength: 3000, description: "What to say; made of the event when left out" },
      },
    },
    steps: [
      {
        id: "fire",
        type: "http",
        method: "POST",
        url: "https://api.anthropic.com/v1/claude_code/routines/{% $input.routine %}/fire",
        auth: { bearer: { secret: "CLAUDE_ROUTINE_TOKEN" } },
        headers: { "anthropic-version": "2023-06-01", "anthropic-beta": "{% $input.beta %}" },
        body: {
          text: "{% $exists($input.text) ? $input.text : $join([$input.event.name, $input.event.data.name, $input.event.data.status, $input.event.data.job_id, $input.event.data.error], ' ') %}",
        },
        retry: { limit: 0 },
      },
    ],
    output: { session: "{% $steps.fire.body.claude_code_session_url %}" },
  },
};
