import { LINK, type Paging } from "../../blueprint/kinds/pages.ts";
import type { Scope } from "../../expression/template.ts";
import { isTrue } from "../../expression/truth.ts";
import type { StepError } from "../../jobs/job.ts";
import { nextLink } from "../../lib/http/link-header.ts";
import { isJsonObject, type Json, type JsonObject, jsonBytes } from "../../lib/json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { MAX_ECHO_CHARS, MAX_OUTPUT_BYTES, MAX_PAGES } from "../../limits.ts";
import { type Action, type ActionError, act, refusing, tolerated } from "../act.ts";
import type { RunContext, StepOf } from "../context.ts";
import { done, type Ending, failed } from "../ending.ts";
import { badRequest } from "./http-url.ts";

/** What another page is asked for with: a URL in place of the step's, or parameters in place of those of its query. */
export type Turn = { url: string } | { query: JsonObject };

/** PERSISTED since 0.2.0, as the output of `<step>#<page>`. `next`: null ends. */
interface Page extends JsonObject {
  items: Json[];
  next: { url: string } | { query: JsonObject } | null;
}
/** PERSISTED in its place, where the blueprint goes on from a failure. */
interface FailedPage {
  items?: undefined;
  error: StepError;
}

/** The request of one page, ready to be sent. */
interface Sending {
  url: string;
  send: Action;
}
export type SendPage = (turn: Turn | undefined) => Promise<Result<Sending, StepError>>;

const listOf = (value: Json | undefined): Json[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];

/** The URL behind a page of the same host: where a request goes, the document says, and no answer. */
function located(reference: string, asked: string, output: JsonObject): Result<Turn | null, StepError> {
  // What a service repeats of a secret is not there any more.
  if (reference.includes("[secret ")) {
    return badRequest(
      "pages.next is a URL with a secret in it, which no answer may bring; make it an object of parameters",
    );
  }
  const base = typeof output.url === "string" && !output.url.includes("[secret ") ? output.url : asked;
  const shown = JSON.stringify(reference.slice(0, MAX_ECHO_CHARS));
  const [url, from] = [URL.parse(reference, base), new URL(asked)];
  if (url === null) return badRequest(`pages.next is no URL: ${shown}`);
  if (url.host !== from.host) return badRequest(`pages.next leads away from ${from.host}: ${shown}`);
  // Behind a proxy a service may not know that it is asked by TLS.
  url.protocol = from.protocol;
  return ok({ url: url.href });
}

function turnOf(next: Json | undefined, asked: string, output: JsonObject): Result<Turn | null, StepError> {
  if (next === undefined || next === null || next === "") return ok(null);
  if (typeof next === "string") return located(next, asked, output);
  if (isJsonObject(next)) return ok(Object.values(next).some((value) => value !== null) ? { query: next } : null);
  return badRequest(`pages.next came out as ${JSON.stringify(next).slice(0, MAX_ECHO_CHARS)}; give a URL or an object`);
}

/** A step that reads page after page. Each page is kept as soon as it is read, so that none is asked for twice. */
class PagingStep {
  readonly #context: RunContext;
  readonly #step: StepOf<"http">;
  readonly #paging: Paging;
  readonly #scope: Scope;
  readonly #path: string;
  readonly #send: SendPage;
  /** When the last page was kept. */
  #at: number | undefined;

  constructor(
    context: RunContext,
    step: StepOf<"http"> & { pages: Paging },
    scope: Scope,
    path: string,
    send: SendPage,
  ) {
    this.#context = context;
    this.#step = step;
    this.#paging = step.pages;
    this.#scope = scope;
    this.#path = path;
    this.#send = send;
  }

  async run(): Promise<Ending> {
    const limit = await this.#limit();
    if (!limit.ok) return failed(limit.error, this.#path);
    const items: Json[] = [];
    let bytes = jsonBytes({ items, pages: MAX_PAGES, complete: false });
    let turn: Turn | undefined;
    for (let pages = 1; ; pages++) {
      this.#count(limit.value, pages - 1);
      const page = await this.#page(turn, pages);
      if (page.end !== "done") return page;
      this.#at = page.at;
      const read = page.output as unknown as Page | FailedPage;
      if (read.items === undefined) return this.#tolerate(read.error);
      const { items: more, next } = read;
      bytes += jsonBytes(more);
      if (bytes > MAX_OUTPUT_BYTES) return failed(tooLarge(pages), this.#path);
      items.push(...more);
      if (next === null) return this.#finish({ items, pages, complete: true });
      if (pages === limit.value) return this.#atLimit({ items, pages, complete: false });
      turn = next;
    }
  }

  async #limit(): Promise<Result<number, StepError>> {
    const { limit } = this.#paging;
    if (typeof limit === "number") return ok(limit);
    const value = await this.#context.evaluate(limit, this.#scope);
    if (!value.ok) return value;
    const given = value.value;
    if (typeof given === "number" && Number.isInteger(given) && given >= 1 && given <= MAX_PAGES) return ok(given);
    const message = `pages.limit came out as ${JSON.stringify(given) ?? "nothing"}: give a whole number of 1 to ${MAX_PAGES}.`;
    return err({ code: typeof given === "number" ? "limit_exceeded" : "expression", message });
  }

  #count(total: number, read: number): void {
    this.#context.reports.add({ path: this.#path, status: "running", items: { total, done: read, failed: 0 } });
  }

  async #page(turn: Turn | undefined, number: number): Promise<Ending> {
    const request = await this.#send(turn);
    const action = request.ok ? this.#reading(request.value) : refusing(request.error);
    return act(this.#context, `${this.#path}#${number}`, this.#step, action);
  }

  #reading({ url, send }: Sending): Action {
    return async (...args) => {
      const answered = await send(...args);
      return answered.ok && isJsonObject(answered.value) ? this.#read(answered.value, url) : answered;
    };
  }

  /** What is kept of an answer. */
  async #read(response: JsonObject, asked: string): Promise<Result<Page, ActionError>> {
    const final = (error: StepError) => err({ ...error, retryable: false });
    const scope = { ...this.#scope, response };
    const { items, until } = this.#paging;
    const found = await this.#context.evaluate(items, scope);
    if (!found.ok) return final(found.error);
    const isOver = until === undefined ? ok(false) : await this.#context.evaluate(until, scope);
    if (!isOver.ok) return final(isOver.error);
    const next = isTrue(isOver.value) ? ok(null) : await this.#next(response, scope, asked);
    return next.ok ? ok({ items: listOf(found.value), next: next.value }) : final(next.error);
  }

  async #next(response: JsonObject, scope: Scope, asked: string): Promise<Result<Turn | null, StepError>> {
    const { next } = this.#paging;
    if (next === LINK) {
      const { link = "" } = isJsonObject(response.headers) ? response.headers : {};
      return turnOf(nextLink(String(link)), asked, response);
    }
    const value = await this.#context.evaluate(next, scope);
    return value.ok ? turnOf(value.value, asked, response) : value;
  }

  #atLimit(output: JsonObject & { pages: number }): Promise<Ending> | Ending {
    if (this.#paging.on_limit === "stop") return this.#finish(output);
    const message = `There are more than ${output.pages} pages. Raise pages.limit (at most ${MAX_PAGES}), or set "on_limit": "stop".`;
    return failed({ code: "pages_limit", message }, this.#path);
  }

  async #finish(output: JsonObject): Promise<Ending> {
    const at = this.#at;
    const finished = { path: this.#path, output, error: null, ...(at !== undefined && { at }) };
    return (await this.#context.finish(finished, true)) ?? done(output, { storedAt: this.#path, at });
  }

  /** The failure of a page that the blueprint goes on from is the step's. */
  async #tolerate(error: StepError): Promise<Ending> {
    const ending = tolerated(error);
    const finished = { path: this.#path, output: ending.output, error };
    return (await this.#context.finish(finished, true)) ?? { ...ending, storedAt: this.#path };
  }
}

const tooLarge = (pages: number): StepError => ({
  code: "output_too_large",
  message: `The items of ${pages} pages have more than ${MAX_OUTPUT_BYTES} bytes. Keep less of each in pages.items, or read fewer pages.`,
});

export const readPages = (
  context: RunContext,
  step: StepOf<"http"> & { pages: Paging },
  scope: Scope,
  path: string,
  send: SendPage,
): Promise<Ending> => new PagingStep(context, step, scope, path, send).run();
