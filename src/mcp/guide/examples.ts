/** Examples of the guide. Each block is a complete argument object of jobs_submit_blueprint; tests check and run them. Indentation costs a model tokens. */
export const EXAMPLES = `Each block is the whole argument object of jobs_submit_blueprint.

Fetch, reshape, and wait for the result in the same call:

\`\`\`json
{ "blueprint": {
    "name": "latest-release",
    "input": { "type": "object", "required": ["repo"], "properties": { "repo": { "type": "string" } } },
    "steps": [
      { "id": "releases", "type": "http", "url": "https://api.example.com/repos/{% $input.repo %}/releases", "query": { "per_page": 5 } },
      { "id": "latest", "type": "transform", "value": {
          "tag": "{% $steps.releases.body[0].tag %}",
          "line": "{% $input.repo %} has {% $count($steps.releases.body) %} releases" } } ] },
  "input": { "repo": "acme-app" }, "wait_seconds": 20 }
\`\`\`

Many items, five at a time; one that fails does not fail the job:

\`\`\`json
{ "blueprint": {
    "name": "fetch-items",
    "steps": [
      { "id": "rows", "type": "map", "over": "{% $input.ids %}", "concurrency": 5, "steps": [
          { "id": "item", "type": "http", "url": "https://api.example.com/items/{% $item %}", "on_error": "continue" },
          { "id": "row", "type": "transform", "value": {
              "id": "{% $item %}", "name": "{% $steps.item.body.name %}", "error": "{% $steps.item.error.message %}" } } ] } ],
    "output": { "rows": "{% $steps.rows %}", "failed": "{% [$steps.rows[error != null].id] %}" } },
  "input": { "ids": [1, 2, 3] }, "metadata": { "team": "shop" } }
\`\`\`

Start something slow, poll until it is done, fetch what it made:

\`\`\`json
{ "blueprint": {
    "name": "run-export",
    "steps": [
      { "id": "start", "type": "http", "method": "POST", "url": "https://api.example.com/exports", "body": { "format": "{% $input.format %}" }, "expect": [200, 201, 202] },
      { "id": "ready", "type": "http", "url": "https://api.example.com/exports/{% $steps.start.body.id %}", "until": "{% $response.body.state = 'done' %}", "every": "2 seconds", "limit": 100 },
      { "id": "rows", "type": "http", "url": "https://api.example.com/exports/{% $steps.start.body.id %}/rows", "max_bytes": 524288 } ],
    "output": { "count": "{% $count($steps.rows.body) %}", "first": "{% $steps.rows.body[0] %}" } },
  "input": { "format": "csv" }, "idempotency_key": "export-2026-11-30" }
\`\`\`

Ask a person, and act only on a yes (the job is input_required until jobs_respond):

\`\`\`json
{ "blueprint": {
    "name": "approve-and-publish",
    "steps": [
      { "id": "draft", "type": "http", "url": "https://api.example.com/drafts/{% $input.draft %}" },
      { "id": "approve", "type": "input", "message": "Publish {% $steps.draft.body.title %}?", "timeout": "2 days",
        "schema": { "type": "object", "required": ["channel"], "properties": {
            "channel": { "type": "string", "enum": ["web", "mail"], "description": "Where it goes" },
            "note": { "type": "string", "maxLength": 200 } } } },
      { "id": "publish", "type": "http", "method": "POST", "when": "{% $steps.approve.action = 'accept' %}", "url": "https://api.example.com/posts",
        "body": { "draft": "{% $input.draft %}", "channel": "{% $steps.approve.content.channel %}" } } ],
    "output": { "published": "{% $steps.publish.status = 201 or $steps.publish.status = 200 %}", "answer": "{% $steps.approve.action %}" } },
  "input": { "draft": "d7" } }
\`\`\`

Side by side, then together:

\`\`\`json
{ "blueprint": {
    "name": "customer-brief",
    "steps": [
      { "id": "both", "type": "parallel", "branches": {
          "profile": [ { "id": "profile", "type": "http", "url": "https://api.example.com/customers/{% $input.id %}", "expect": [200, 404] } ],
          "orders": [
            { "id": "orders", "type": "http", "url": "https://api.example.com/orders", "query": { "customer": "{% $input.id %}" } },
            { "id": "total", "type": "transform", "value": "{% $sum($steps.orders.body.amount) %}" } ] } } ],
    "output": { "known": "{% $steps.both.profile.status = 200 %}", "name": "{% $steps.both.profile.body.name %}", "spent": "{% $steps.both.orders %}" } },
  "input": { "id": "c42" }, "wait_seconds": 30 }
\`\`\`

A job of its own for each region; cancelling the parent cancels them:

\`\`\`json
{ "blueprint": {
    "name": "all-regions",
    "steps": [
      { "id": "regions", "type": "map", "over": ["eu", "us"], "steps": [
          { "id": "report", "type": "job", "on_error": "continue", "input": { "region": "{% $item %}" }, "blueprint": {
              "name": "one-region",
              "input": { "type": "object", "required": ["region"] },
              "steps": [ { "id": "stats", "type": "http", "url": "https://api.example.com/regions/{% $input.region %}/stats" } ],
              "output": { "region": "{% $input.region %}", "visits": "{% $steps.stats.body.visits %}" } } } ] } ] } }
\`\`\`

A function of the server, and later a stubborn alert, only when something has changed since the last job:

\`\`\`json
{ "blueprint": {
    "name": "watch-status",
    "steps": [
      { "id": "page", "type": "handler", "handler": "audit-url", "input": { "url": "https://api.example.com/status" } },
      { "id": "last", "type": "store", "key": "status-page" },
      { "id": "pause", "type": "sleep", "for": "2 seconds" },
      { "id": "alert", "type": "http", "method": "POST", "when": "{% $steps.page.ok != $steps.last.value %}", "url": "https://api.example.com/hooks/alert",
        "timeout": "10 seconds", "retry": { "limit": 8, "delay": "5 seconds", "backoff": "exponential" },
        "body": { "text": "Status page: {% $string($steps.page.status) %}", "page": "{% $steps.page %}" } },
      { "id": "keep", "type": "store", "key": "status-page", "value": "{% $steps.page.ok %}" } ],
    "output": { "ok": "{% $steps.page.ok %}", "alerted": "{% $steps.alert != null %}" } } }
\`\`\``.replaceAll(/^ {2,}/gm, " ");
