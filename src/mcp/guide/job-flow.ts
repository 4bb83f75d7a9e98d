import { MAX_CONCURRENCY, MAX_PRIORITY } from "../../limits.ts";

/** Limits that a plan names itself. */
export const flow =
  (): string => `\`rate\` on \`http\` and \`worker\`: {"limit": 4, "per": "1 second", "key": "api.example.com"}. All steps of the tenant with the key act so often together, in all jobs: each request, page, poll and retry waits for its turn, and turns lie a tenth further apart than asked for. Name the key after what is protected; it may be an expression.

\`concurrency\` of a blueprint, or beside it in a submit or trigger: {"limit": 1, "key": "{% $input.account %}", "when_full": "queue"}. So many jobs of the blueprint (any version) with the same key run at once, at most ${MAX_CONCURRENCY}; without \`key\` all of its jobs are counted together. One that sleeps or asks keeps its slot, and until it has been cleaned up after. One more waits (\`queue\`), settles as \`cancelled\` with \`concurrency_skipped\` (\`skip\`), or cancels the oldest of those before it (\`cancel_running\`).

\`priority\` of a blueprint, ${-MAX_PRIORITY} to ${MAX_PRIORITY} (0): who waits for a slot, a place (MAX_RUNNING_JOBS) or a worker goes by it, the higher first; it may starve the lower. Among equals the keys of \`concurrency\` take turns at places. A child has its parent's unless its blueprint says otherwise.

A queued job says in \`blocked_by\` what it waits for; jobs_stats has \`limits\` and \`queues\`.

\`\`\`json
{ "blueprint": { "name": "sync-account", "concurrency": { "limit": 1, "key": "{% $input.account %}" }, "priority": 5,
 "steps": [
  { "id": "rows", "type": "map", "over": "{% $input.ids %}", "concurrency": 10, "steps": [
   { "id": "item", "type": "http", "url": "https://api.example.com/items/{% $item %}", "rate": { "limit": 4, "per": "1 second", "key": "api.example.com" } } ] } ],
 "output": "{% $steps.rows.body.name %}" },
 "input": { "account": "a1", "ids": [1, 2, 3] } }
\`\`\``;
