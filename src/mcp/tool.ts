import type { CallToolResult, ResourceLink, StandardSchemaWithJSON } from "@modelcontextprotocol/server";
import * as z from "zod";
import type { Scope } from "../auth/scopes.ts";
import type { JobStatus } from "../jobs/view.ts";
import { err, type Result } from "../lib/result.ts";
import { visibleLines } from "../lib/safe-text.ts";
import { readArguments } from "../service/arguments.ts";
import type { InputSchema } from "../service/lenient-arguments.ts";
import type { Waiting } from "../service/wait-for-jobs.ts";
import type { McpDeps } from "./deps.ts";
import { bytesOf } from "./replies/budget.ts";
import { type Fields, visible } from "./replies/structure.ts";
import { faultText } from "./replies/text.ts";

/**
 * What a tool answers: fields for programs, and text for the model, which is not the same again. Of the two, some hosts
 * show their model only the one, and some only the other: what to do next stands in both.
 */
export interface Reply {
  /** One sentence; where a call helps it begins with that, and its arguments are such that the call works. Empty: nothing follows. */
  next: string;
  /** What must be known of what is quoted or left out. */
  notes?: readonly string[];
  structured: Fields;
  text: string;
  /** What the text quotes at such a length that it stands last. */
  quoted?: string;
  links?: ResourceLink[];
  /** The job that the call submitted: callers that declare the Tasks extension follow it as a task. */
  submitted?: JobStatus;
}

/** More than the names and separators around what a reply says. */
const AROUND_CHARS = 40;

const structureOf = ({ next, notes = [], structured }: Reply) =>
  visible({ next, ...(notes.length > 0 && { notes: notes.join(" ") }), ...structured }) as Fields;

const textOf = ({ next, notes = [], text, quoted }: Reply): string =>
  visibleLines(
    [text, ...(next === "" ? [] : [`Next: ${next}`]), ...notes, ...(quoted === undefined ? [] : [quoted])].join("\n"),
  );

export const resultOf = (reply: Reply): CallToolResult => ({
  content: [{ type: "text", text: textOf(reply) }, ...(reply.links ?? [])],
  structuredContent: structureOf(reply),
});

/** What both halves take on the wire. */
export const replyBytes = (reply: Reply): number => bytesOf(structureOf(reply)) + bytesOf(textOf(reply));

/** Most that a character takes: a hidden one is written as its escape, whose backslash JSON escapes. */
const MOST_BYTES = 7;

/** Whether both halves take `bytes` at most. Of a short reply it is known without writing them as they are sent. */
export function fitsInto(bytes: number, reply: Reply): boolean {
  const { next, notes = [], structured, text, quoted = "" } = reply;
  const said = [next, ...notes].join(" ").length;
  const chars = JSON.stringify(structured).length + text.length + quoted.length + 2 * (said + AROUND_CHARS);
  return chars * MOST_BYTES <= bytes || replyBytes(reply) <= bytes;
}

/** The error is for the model: what was wrong, where, and what to do. */
export type Outcome = Result<Reply, string>;

/** What a tool knows of the request that it answers. */
export interface CallContext extends Waiting {
  /** The caller is told when a job ends that it submits: it declares the Tasks extension. */
  isTold: boolean;
}

/** All hints, said explicitly: their defaults in the protocol are pessimistic. */
export interface Hints {
  readOnlyHint: boolean;
  destructiveHint: boolean;
  idempotentHint: boolean;
  openWorldHint: boolean;
}

interface ToolText {
  name: string;
  title: string;
  /** What it does, and which tool to call next. */
  description: string;
  /** What a caller's key must allow. */
  scope: Scope;
  /** What it must allow besides. */
  alsoNeeds?: readonly Scope[];
  annotations: Hints;
  /** URI of the page that hosts of MCP Apps may show for its replies. */
  view?: string;
}

interface ToolDefinition<I extends z.ZodObject> extends ToolText {
  /** Strict, each field described: it is the type, the check and the advertised JSON Schema. */
  input: I;
  /** Loose, and only the key fields: it goes into every client's context. */
  output: z.ZodObject;
  run: (args: z.output<I>, deps: McpDeps, context: CallContext) => Promise<Outcome>;
}

export interface Tool extends ToolText {
  inputSchema: StandardSchemaWithJSON;
  outputSchema: StandardSchemaWithJSON;
  /** Checks the arguments, then runs. Throws only on bugs and on a lost connection to the registry. */
  call: (args: unknown, deps: McpDeps, context: CallContext) => Promise<Outcome>;
}

/**
 * Left out, since every client's context holds it: `additionalProperties: {}` says what its absence says; bounds of texts,
 * and the whole numbers that JSON can hold, are met by accident only, and then the error names them. The check has them all.
 */
const withoutNoise: NonNullable<z.core.ToJSONSchemaParams["override"]> = ({ jsonSchema }) => {
  const { additionalProperties: rest, maximum, minimum } = jsonSchema;
  if (typeof rest === "object" && Object.keys(rest).length === 0) delete jsonSchema.additionalProperties;
  delete jsonSchema.minLength;
  delete jsonSchema.maxLength;
  if (maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
};

/** Some models' schemas know no list of types, but all know `anyOf`; zod writes the list, after its overrides. */
function withAnyOf(_key: string, schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null || !("type" in schema)) return schema;
  const { type: types, ...rest } = schema;
  return Array.isArray(types) ? { ...rest, anyOf: types.map((type) => ({ type })) } : schema;
}

type JsonSchema = InputSchema & { [keyword: string]: unknown };

/** The JSON Schema is made once, at its first use, since a server is built for each request. */
function jsonSchemaOf(schema: z.ZodObject, io: "input" | "output"): () => JsonSchema {
  let json: JsonSchema | undefined;
  return () => {
    json ??= {
      ...(JSON.parse(JSON.stringify(z.toJSONSchema(schema, { io, override: withoutNoise })), withAnyOf) as JsonSchema),
      // Where the field is missing, the SDK adds it.
      $schema: undefined,
    };
    return json;
  };
}

/** A schema that is advertised but lets everything through: the check is ours, so that its errors are. */
function advertised(toJson: () => JsonSchema): StandardSchemaWithJSON {
  const validate = (value: unknown) => ({ value });
  return { "~standard": { version: 1, vendor: "edge-jobs", validate, jsonSchema: { input: toJson, output: toJson } } };
}

export function defineTool<I extends z.ZodObject>({ input, output, run, ...text }: ToolDefinition<I>): Tool {
  const inputJson = jsonSchemaOf(input, "input");
  return {
    ...text,
    inputSchema: advertised(inputJson),
    outputSchema: advertised(jsonSchemaOf(output, "output")),
    call: async (args, deps, context) => {
      const parsed = readArguments(input, inputJson(), args);
      return parsed.ok
        ? run(parsed.value, deps, context)
        : err(faultText("The arguments are not valid.", parsed.error));
    },
  };
}
