/** Plans for what people want most. Each is a complete argument object of jobs_submit_blueprint; tests check and run them. */

export interface Recipe {
  title: string;
  /** What a goal that it fits speaks of. */
  fits: RegExp;
  /** JSON text. */
  call: string;
}

const recipe = (title: string, fits: RegExp, call: string): Recipe => ({
  title,
  fits,
  // Spaces for whoever edits, not for whoever reads.
  call: JSON.stringify(JSON.parse(call)),
});

export const RECIPES: readonly Recipe[] = [
  recipe(
    "Page by cursor: the fields of `next` replace those of `query`, null ends",
    /page|paging|pagin|cursor|all (the )?\w+|every|export|list/i,
    `{ "blueprint": { "name": "all-customers", "steps": [
        { "id": "all", "type": "http", "url": "https://api.example.com/customers", "query": { "limit": 2 },
          "pages": { "items": "{% $response.body.data.name %}", "next": { "cursor": "{% $response.body.next_cursor %}" }, "limit": 100 } } ],
      "output": { "names": "{% $steps.all.items %}", "complete": "{% $steps.all.complete %}" } } }`,
  ),
  recipe(
    "Page by number: go on while there are further pages",
    /page|paging|pagin|number|offset/i,
    `{ "blueprint": { "name": "all-invoices", "steps": [
        { "id": "all", "type": "http", "url": "https://api.example.com/invoices", "query": { "page": 1 },
          "pages": { "items": "{% $response.body.rows %}", "next": { "page": "{% $response.body.page < $response.body.pages ? $response.body.page + 1 %}" } } } ],
      "output": { "total": "{% $sum($steps.all.items.amount) %}" } } }`,
  ),
  recipe(
    "Page by the header Link, until something old enough comes",
    /page|paging|pagin|link|github|since|until/i,
    `{ "blueprint": { "name": "recent-issues", "steps": [
        { "id": "all", "type": "http", "url": "https://api.example.com/issues",
          "pages": { "items": "{% $response.body %}", "next": "link", "until": "{% $exists($response.body[year < 2026]) %}", "on_limit": "stop" } } ],
      "output": "{% [$steps.all.items[year >= 2026].title] %}" } }`,
  ),
  recipe(
    "Start something slow, poll until it is done, fetch what it made",
    /poll|until|wait|done|ready|slow|export|async|build|deploy|finish/i,
    `{ "blueprint": { "name": "run-export", "steps": [
        { "id": "start", "type": "http", "method": "POST", "url": "https://api.example.com/exports", "body": { "format": "csv" } },
        { "id": "ready", "type": "http", "url": "https://api.example.com/exports/{% $steps.start.body.id %}", "until": "{% $response.body.state = 'done' %}", "every": "2 seconds", "limit": 100 },
        { "id": "file", "type": "http", "url": "https://api.example.com/exports/{% $steps.start.body.id %}/file" } ],
      "output": { "rows": "{% $parse($steps.file.body, 'csv') %}" } }, "idempotency_key": "export-2026-11-30" }`,
  ),
  recipe(
    "Round after round: take from a queue until it is empty",
    /repeat|loop|again|queue|drain|until|while|round|every/i,
    `{ "blueprint": { "name": "drain-queue", "steps": [
        { "id": "drain", "type": "repeat", "until": "{% $state.left = 0 %}", "steps": [
          { "id": "take", "type": "http", "method": "POST", "url": "https://api.example.com/queue/take" } ],
          "next": { "left": "{% $steps.take.body.left %}", "ids": "{% $append($state.ids, $steps.take.body.id) %}" } } ],
      "output": "{% $steps.drain %}" } }`,
  ),
  recipe(
    "Ask a person, and act only on a yes (the job is input_required until jobs_respond)",
    /approv|ask|confirm|human|person|review|permission|publish|sign.?off/i,
    `{ "blueprint": { "name": "approve-and-publish", "steps": [
        { "id": "draft", "type": "http", "url": "https://api.example.com/drafts/{% $input.draft %}" },
        { "id": "approve", "type": "input", "message": "Publish {% $steps.draft.body.title %}?", "timeout": "2 days",
          "schema": { "type": "object", "required": ["channel"], "properties": { "channel": { "type": "string", "enum": ["web", "mail"] } } } },
        { "id": "no", "type": "end", "when": "{% $steps.approve.action != 'accept' %}", "code": "declined" },
        { "id": "publish", "type": "http", "method": "POST", "url": "https://api.example.com/posts",
          "body": { "draft": "{% $input.draft %}", "channel": "{% $steps.approve.content.channel %}" } } ],
      "output": { "published": "{% $exists($steps.publish) %}", "answer": "{% $steps.approve.action %}" } }, "input": { "draft": "d7" } }`,
  ),
  recipe(
    "Fan out: many items, five at a time; one that fails does not fail the job",
    /each|every|many|all|fan|batch|bulk|items|urls|links|list|import/i,
    `{ "blueprint": { "name": "fetch-items", "steps": [
        { "id": "rows", "type": "map", "over": "{% $input.ids %}", "concurrency": 5, "steps": [
          { "id": "item", "type": "http", "url": "https://api.example.com/items/{% $item %}", "on_error": "continue" },
          { "id": "row", "type": "transform", "value": { "id": "{% $item %}", "name": "{% $steps.item.body.name %}", "error": "{% $steps.item.error.message %}" } } ] } ],
      "output": { "rows": "{% $steps.rows %}", "failed": "{% [$steps.rows[$exists(error)].id] %}" } }, "input": { "ids": [1, 2, 3] } }`,
  ),
  recipe(
    "Watch for a change: compare with what the last job kept, and tell when it differs",
    /watch|chang|monitor|alert|differ|notif|new/i,
    `{ "blueprint": { "name": "watch-status", "steps": [
        { "id": "page", "type": "handler", "handler": "audit-url", "input": { "url": "https://api.example.com/status" } },
        { "id": "last", "type": "store", "key": "status-page" },
        { "id": "tell", "type": "emit", "when": "{% $steps.page.ok != $steps.last.value %}", "event": "page.changed", "data": "{% $steps.page %}" },
        { "id": "keep", "type": "store", "key": "status-page", "value": "{% $steps.page.ok %}" } ],
      "output": { "ok": "{% $steps.page.ok %}", "told": "{% $exists($steps.tell) %}" } } }`,
  ),
  recipe(
    "Summarise with a language model, into fields for later steps",
    /summar|ai\b|model|classif|extract|translat|llm|digest|understand/i,
    `{ "blueprint": { "name": "summarise-ticket", "budget": { "ai_tokens": 20000 }, "steps": [
        { "id": "ticket", "type": "http", "url": "https://api.example.com/tickets/t1" },
        { "id": "sum", "type": "ai", "system": "Be brief.", "prompt": "{% $truncate($steps.ticket.body.text, 8000) %}",
          "schema": { "type": "object", "required": ["summary", "urgent"], "properties": { "summary": { "type": "string" }, "urgent": { "type": "boolean" } } } } ],
      "output": "{% $steps.sum.value %}" } }`,
  ),
  recipe(
    'Sign in, then call (a long-lived key is {"secret": "NAME"} in `auth` instead)',
    /sign.?in|log.?in|token|oauth|auth|bearer|session/i,
    `{ "blueprint": { "name": "signed-in", "steps": [
        { "id": "session", "type": "http", "method": "POST", "url": "https://api.example.com/sessions", "form": { "client_id": "{% $input.client %}" } },
        { "id": "me", "type": "http", "url": "https://api.example.com/me", "auth": { "bearer": "{% $steps.session.body.token %}" } } ],
      "output": "{% $steps.me.body.name %}" }, "input": { "client": "c1" } }`,
  ),
  recipe(
    "Later, and stubborn: each try has the same Idempotency-Key",
    /retr|safe|remind|later|delay|webhook|deliver|send|schedul|once|pay|charg/i,
    `{ "blueprint": { "name": "remind-later", "steps": [
        { "id": "pause", "type": "sleep", "for": "{% $input.delay %}" },
        { "id": "deliver", "type": "http", "method": "POST", "url": "https://api.example.com/hooks/reminder", "body": { "text": "{% $input.text %}" },
          "timeout": "10 seconds", "retry": { "limit": 8, "delay": "5 seconds" } } ] },
      "input": { "delay": "2 seconds", "text": "The freeze starts." } }`,
  ),
  recipe(
    "Heavy or private work, by whoever pulls it from the queue",
    /worker|gpu|heavy|local|private|laptop|transcod|transcrib|video|train|queue/i,
    `{ "blueprint": { "name": "transcribe", "steps": [
        { "id": "text", "type": "worker", "queue": "gpu", "input": { "file": "{% $input.file %}" }, "lease": "2 minutes" } ] }, "input": { "file": "a.mp3" } }`,
  ),
  recipe(
    "Side by side, then together; and a child job with a status of its own",
    /parallel|side|both|together|child|combine|compare|brief/i,
    `{ "blueprint": { "name": "customer-brief", "steps": [
        { "id": "both", "type": "parallel", "branches": {
          "profile": [ { "id": "profile", "type": "http", "url": "https://api.example.com/customers/c42" } ],
          "spent": [ { "id": "child", "type": "job", "input": { "id": "c42" }, "blueprint": { "name": "spent",
            "steps": [ { "id": "orders", "type": "http", "url": "https://api.example.com/orders", "query": { "customer": "{% $input.id %}" } } ],
            "output": { "sum": "{% $sum($steps.orders.body.amount) %}" } } } ] } } ],
      "output": { "name": "{% $steps.both.profile.body.name %}", "spent": "{% $steps.both.spent.sum %}" } } }`,
  ),
];

export const recipeText = ({ title, call }: Recipe): string => `${title}:\n\n\`\`\`json\n${call}\n\`\`\``;

/** Those that fit the goal, the best first. */
export function recipesFor(goal: string): Recipe[] {
  const words = goal.split(/[^\p{L}-]+/u);
  const scored = RECIPES.map((each) => ({ each, score: words.filter((word) => each.fits.test(word)).length }));
  return scored
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ each }) => each);
}
