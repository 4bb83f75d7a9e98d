import type { JobRow } from "../../src/jobs/view.ts";
import type { Fault } from "../../src/lib/fault.ts";

/** The REST API, as the dashboard calls it: with the session's cookie, which no script can read. */

export interface JobPage {
  jobs: JobRow[];
  next_cursor: string | null;
}

/** An answer that is an error, in the words of the server. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly faults: readonly Fault[];

  constructor(status: number, code: string, detail: string, faults: readonly Fault[] = []) {
    super(detail);
    this.status = status;
    this.code = code;
    this.faults = faults;
  }
}

/** Told to the window: the session, or its key, is no longer good. */
export const SESSION_ENDED = "session-ended";

const API = "/api/v1";

/** What a viewer typed. @param what is said of it where it is no JSON */
export function typedJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError(0, "json", `${what} is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}

type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

function searchOf(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== "") search.append(name, String(one));
    }
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

async function problemOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const { code, detail, error, message, fix, faults } = JSON.parse(text);
    // The API says `code` and `detail`; what refuses a caller before says `error`, `message` and `fix`.
    return new ApiError(response.status, code ?? error, detail ?? `${message} ${fix ?? ""}`, faults);
  } catch {
    return new ApiError(response.status, String(response.status), text || response.statusText);
  }
}

/** Aborted when the viewer signs out: what a view still asks for then is not sent. */
let calls = new AbortController();

async function send<T>(method: string, url: string, body?: unknown): Promise<T> {
  const accept = { accept: "application/json" };
  const sent = { headers: { ...accept, "content-type": "application/json" }, body: JSON.stringify(body) };
  const until = url.startsWith(API) ? { signal: calls.signal } : {};
  const response = await fetch(url, { method, ...until, ...(body === undefined ? { headers: accept } : sent) });
  if (response.status === 401 && url.startsWith(API)) dispatchEvent(new Event(SESSION_ENDED));
  if (!response.ok) throw await problemOf(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export const get = <T>(path: string, query: Query = {}): Promise<T> => send("GET", `${API}${path}${searchOf(query)}`);
export const post = <T>(path: string, body: unknown = {}): Promise<T> => send("POST", `${API}${path}`, body);
export const put = <T>(path: string, body: unknown): Promise<T> => send("PUT", `${API}${path}`, body);
export const remove = <T>(path: string): Promise<T> => send("DELETE", `${API}${path}`);

/** Outside of the API: who the viewer is. */
export const session = {
  read: (): Promise<Session> => send("GET", "/ui/session"),
  open: (key: string): Promise<Session> => {
    calls = new AbortController();
    return send("POST", "/ui/session", { key });
  },
  close: (): Promise<Session> => {
    calls.abort();
    return send("DELETE", "/ui/session");
  },
};

export interface Session {
  /** null: nobody has signed in. */
  tenant: string | null;
  scopes: readonly string[];
  version: string;
  /** Whether there is anything to sign out of. */
  locked: boolean;
}

export const streamUrl = (jobId: string): string => `${API}/jobs/${encodeURIComponent(jobId)}/stream`;
