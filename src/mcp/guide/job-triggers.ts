import { OWN_EVENTS } from "../../events/event-types.ts";

const EVENT_NAMES = OWN_EVENTS.map(({ name }) => `\`${name}\``).join(", ");

/** Jobs that begin by themselves. */
export const triggers =
  (): string => `triggers_save keeps what starts jobs of one \`blueprint\` (a name, \`name@latest\`, or inline), by exactly one of:

- \`schedule\`: {"cron": "0 9 * * MON-FRI", "timezone": "Europe/Berlin"}, or {"every": "15 minutes"}, a minute or more. \`overlap\` says what happens while the job before still runs, \`missed\` and \`catch_up\` what becomes of times when nobody looked.
- \`webhook\`: {"verify": null} when only the URL is secret, else {"verify": {"scheme": "stripe", "secret": "NAME"}}; the reply has the \`url\` for a POST. What is sent again is the same job: by the scheme's delivery id, or by \`dedupe\`, such as "{% $event.body.id %}". \`$event\` is {id, method, headers, query, body, received_at, verified}, header names in lower case, a JSON body parsed.
- \`event\`: {"name": "job.settled", "filter": {"status": "failed"}}; the name is one of ${EVENT_NAMES}, or what an \`emit\` step tells. \`$event\` is {event_id, name, at, data}.

\`input\` and \`when\` are templates over \`$event\`, \`$due_at\` (of a run by hand, now), \`$trigger\` ({name, run}) and \`$last\`, the result of its last job that succeeded; \`$input\` and \`$steps\` belong to the plan. Without \`input\` a schedule gives {}, the others {"event": $event}. False \`when\` starts nothing.

\`changed\`, such as "{% $result.price %}", makes it a watch: after each job that succeeds the value is compared with the one before, and another one is the event \`trigger.changed\` with {trigger, before, after, added, removed, job_id}. A second trigger with {"name": "trigger.changed", "filter": {"trigger": "watch-price"}} acts on it; its plan reads \`$input.event.data.after\`.

triggers_fire runs one now, triggers_list says what became of each time. A trigger's own jobs settle too: leave them out with "when": "{% $event.data.trigger != 'its-name' %}".`;
