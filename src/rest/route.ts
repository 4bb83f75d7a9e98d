import * as z from "zod";
import type { Scope } from "../auth/scopes.ts";
import type { RefusalCode } from "../jobs/error-codes.ts";
import type { Fault } from "../lib/fault.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Ask } from "../registry/api/client.ts";
import { readArguments } from "../service/arguments.ts";
import type { ServiceContext } from "../service/context.ts";
import type { InputSchema } from "../service/lenient-arguments.ts";

/** One route: an operation of the service floor under a method and a path. The router and the OpenAPI document read the same. */

export const METHODS = ["GET", "POST", "PUT", "DELETE"] as const;
export type Method = (typeof METHODS)[number];

/** What a route knows of the request that it answers. */
export interface RestContext extends ServiceContext {
  /** Without the caller's key, for what must come to its end although it ends that key. */
  askAsServer: Ask;
  headers: Headers;
  /** Under which the caller reached the server. */
  origin: string;
  /** Aborts when the caller has gone. */
  signal: AbortSignal;
  /** Between signs of life of a stream. */
  keepAliveMs: number;
  /** Lets work go on when its answer has begun. */
  background: (work: Promise<void>) => void;
}

/** Why an operation was refused, as the service says it. */
export interface Refused {
  code: RefusalCode;
  faults?: readonly Fault[];
  retry_after_ms?: number;
}

export interface Answered {
  status: 200 | 201;
  body: object;
  /** Path of what was made, below the API's own. */
  location?: string;
}

type Outcome = Result<Answered | Response, Refused>;

interface RouteText {
  /** The operation's name, which is that of the tool where there is one. */
  operation: string;
  method: Method;
  /** Below /api/v1; arguments stand in braces. */
  path: string;
  summary: string;
  /** What the caller's key must allow. */
  scope: Scope;
  /** Further scopes. */
  alsoNeeds?: readonly Scope[];
  /** Headers that carry an argument. */
  headers?: Readonly<Record<string, string>>;
  /** What it answers, by status: a schema of the JSON, or what else comes. */
  answers: { readonly [status: number]: { description: string; schema?: z.ZodType; mediaType?: string } };
  /** What it can be refused with, beside what any route can. */
  refusals: readonly RefusalCode[];
}

interface RouteDefinition<I extends z.ZodObject> extends RouteText {
  /** Strict: that of the tool where there is one. */
  input: I;
  run: (args: z.output<I>, context: RestContext) => Promise<Outcome>;
}

export interface Route extends RouteText {
  input: z.ZodObject;
  /** Its JSON Schema, which says how a text of the query is read. */
  inputJson: () => InputSchema;
  call: (args: unknown, context: RestContext) => Promise<Outcome>;
}

export function defineRoute<I extends z.ZodObject>({ run, ...text }: RouteDefinition<I>): Route {
  let json: InputSchema | undefined;
  const inputJson = () => {
    json ??= z.toJSONSchema(text.input, { io: "input" }) as InputSchema;
    return json;
  };
  return {
    ...text,
    inputJson,
    call: async (args, context) => {
      const parsed = readArguments(text.input, inputJson(), args);
      return parsed.ok ? run(parsed.value, context) : err({ code: "invalid_arguments", faults: parsed.error });
    },
  };
}

/** Arguments that stand in the path. */
export const pathArguments = ({ path }: Pick<Route, "path">): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);

/** Whether what is not in the path is in the body; else it is in the query. */
export const hasBody = ({ method }: Pick<Route, "method">): boolean => method === "POST" || method === "PUT";

export const answer = (body: object): Result<Answered, never> => ok({ status: 200, body });

/** For a route whose answer is the value of the operation. */
export const answering =
  <Args, Value extends object, Refusal>(
    operate: (context: RestContext, args: Args) => Promise<Result<Value, Refusal>>,
  ) =>
  async (args: Args, context: RestContext): Promise<Result<Answered, Refusal>> => {
    const done = await operate(context, args);
    return done.ok ? answer(done.value) : done;
  };

export const created = (body: object, location: string): Result<Answered, never> => ok({ status: 201, body, location });

/** The refusal with the faults that this operation knows of it. */
export const refuse = (error: Refused, faults: readonly Fault[] = error.faults ?? []): Result<never, Refused> =>
  err({ ...error, faults });
