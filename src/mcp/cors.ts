/** What a page in a browser may send, and read. */

const REQUEST_HEADERS = [
  "Content-Type",
  "Accept",
  "Authorization",
  "MCP-Protocol-Version",
  "Mcp-Method",
  "Mcp-Name",
  "traceparent",
  "tracestate",
];

/** For the front door, which has defaults for the rest. */
export const CORS_OPTIONS = { headers: REQUEST_HEADERS.join(", "), methods: "POST, OPTIONS" };

/** The headers that the front door makes of it. */
export const CORS = {
  "access-control-allow-headers": CORS_OPTIONS.headers,
  "access-control-allow-methods": CORS_OPTIONS.methods,
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "mcp-session-id",
  "access-control-max-age": "86400",
};
