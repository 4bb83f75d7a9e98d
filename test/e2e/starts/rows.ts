/**
 * What a conformance suite of the Events extension checks, group by group: 131 rows. Each is either shown by a test of this
 * folder, or stands in {@link ELSEWHERE} with where it is shown, or in {@link NOT_APPLICABLE} with why it says nothing here.
 */
const ROWS = {
  capability: ["events-object", "list-changed-flag"],
  list: ["implemented", "pagination"],
  descriptor: ["name", "description", "delivery-subset", "input-schema", "payload-schema", "meta"],
  evolution: ["schema-evolution-additive", "breaking-change-new-name", "list-changed-notification"],
  removal: [
    ...["terminates-subscriptions", "error-not-found", "error-schema-changed", "additive-no-terminate"],
    "poll-not-found",
  ],
  error: [
    ...["invalid-params", "not-found", "forbidden", "resource-exhausted", "unsupported", "callback-endpoint-error"],
    "server-range",
  ],
  poll: [
    ...["implemented", "one-subscription-per-request", "bootstraps-subscription", "events-array", "response-cursor"],
    ...["next-poll-ms", "next-poll-ms-ignored-when-has-more", "has-more", "max-events-cap", "stateless-request"],
    ...["errors-are-jsonrpc", "invalid-arguments", "mode-unsupported"],
  ],
  occurrence: [
    ...["event-id", "name", "timestamp", "data", "cursor-optional", "meta-ungoverned", "event-id-from-upstream"],
  ],
  cursor: [
    ...["opaque", "null-starts-from-now", "absent-equals-null", "consistency", "advances-when-quiet"],
    ...["max-age-ms-floor", "max-age-ms-sets-truncated", "max-age-ms-ignored-when-cursor-null"],
    ...["replay-ceiling-sets-truncated", "truncated-returns-fresh-cursor", "truncated-poll-never-an-error"],
    "truncated-false-when-no-replay",
  ],
  stream: [
    ...["implemented", "error-before-open", "active-confirmation", "subscription-id-meta", "event-notification"],
    ...["error-is-recoverable", "terminated-ends-subscription", "gap-resends-active", "heartbeat-required"],
    ...["heartbeat-carries-cursor", "heartbeat-interval", "heartbeat-not-sse-comment", "final-result-shape"],
    ...["final-result-timing", "cancel-stops-delivery", "exempt-from-concurrency-cap"],
    "carries-only-event-notifications",
  ],
  subscribe: [
    ...["webhook-only", "secret-required", "secret-format", "secret-rejected", "url-https-required"],
    ...["url-non-https-rejected", "auth-required", "key-composition", "key-immutable", "idempotent-upsert"],
    ...["id-derived", "id-not-an-input", "refresh-replaces-secret", "refresh-reactivates", "response-cursor"],
    ...["response-truncated", "cross-tenant-isolation"],
  ],
  ttl: [
    ...["refresh-before-lte-suggestion", "no-rejection-path", "null-only-when-requested", "omitted-means-default"],
    ...["long-grant-retained", "no-expiry-persisted", "no-expiry-gc-terminated"],
  ],
  unsubscribe: ["by-key", "unknown-not-found"],
  delivery: [
    ...["status-last-error-category", "post-json", "standard-webhooks-headers", "subscription-id-header"],
    ...["signature-formula", "retry-regenerates-signature", "dual-sign-on-rotation", "body-size"],
    ...["413-non-retryable", "410-non-retryable", "retries-bounded"],
  ],
  ssrf: ["validate-callback-url", "reject-non-routable", "validate-at-delivery-time", "no-redirects"],
  verification: [
    ...["required-before-delivery", "challenge-echo", "failure-error", "cached-per-principal-url"],
    ...["persisted-for-no-expiry", "uses-ssrf-hardened-path", "no-raw-endpoint-responses"],
    "server-identity-key-discovery",
  ],
  envelope: ["type-discriminator", "signed-like-deliveries", "webhook-id-format", "gap", "terminated"],
  authz: ["subscribe-time", "delivery-time-reverify"],
  payload: ["minimality"],
} as const satisfies Record<string, readonly string[]>;

type Group = keyof typeof ROWS;
export type Row = { [G in Group]: `${G}-${(typeof ROWS)[G][number]}` }[Group];

export const ALL_ROWS = Object.entries(ROWS).flatMap(([group, slugs]) =>
  slugs.map((slug) => `${group}-${slug}` as Row),
);

/** The file that shows it, and the beginning of its test's name. */
export const ELSEWHERE: Partial<Record<Row, readonly [file: string, test: string]>> = {
  "error-forbidden": ["test/mcp/events/subscribe.test.ts", "without AUTH_SECRET is refused"],
  "error-resource-exhausted": ["test/mcp/events/subscribe.test.ts", "makes so many, and says which limit"],
  "subscribe-refresh-reactivates": ["test/registry/deliver/event-deliveries.test.ts", "whose tries run out suspends"],
  "delivery-retries-bounded": ["test/events/delivery.test.ts", "waits longer after each try, six in all"],
  "delivery-body-size": ["test/events/job-facts.test.ts", ""],
  "ssrf-validate-at-delivery-time": ["test/egress/callbacks.test.ts", "is looked at again at each delivery"],
  "verification-uses-ssrf-hardened-path": ["test/egress/callbacks.test.ts", "is looked at again at each delivery"],
  "envelope-gap": ["test/registry/deliver/event-deliveries.test.ts", "whose events are gone is told of the gap"],
  "authz-delivery-time-reverify": ["test/registry/deliver/event-deliveries.test.ts", "of a revoked key is terminated"],
};

/** What has no subject on this server. */
export const NOT_APPLICABLE: Partial<Record<Row, string>> = {
  "evolution-schema-evolution-additive": "the types are fixed in a release",
  "evolution-breaking-change-new-name": "the types are fixed in a release",
  "evolution-list-changed-notification": "listChanged is not declared",
  "removal-terminates-subscriptions": "no type is removed while the server runs",
  "removal-error-not-found": "no type is removed while the server runs",
  "removal-error-schema-changed": "no schema changes while the server runs",
  "removal-additive-no-terminate": "no schema changes while the server runs",
  "poll-mode-unsupported": "every type has every mode",
  "poll-next-poll-ms-ignored-when-has-more": "it is the client's to do",
  "stream-error-is-recoverable": "the server sends no such notification",
  "cursor-truncated-false-when-no-replay": "every cursor can be replayed",
  "ttl-no-expiry-gc-terminated": "one without an end is suspended, never collected",
  "verification-server-identity-key-discovery": "another kind of proof, which is optional",
  "subscribe-auth-required": "without a key nothing is served: 401",
};
