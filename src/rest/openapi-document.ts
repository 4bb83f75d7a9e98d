import * as z from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from "zod-openapi";
import { SCOPES } from "../auth/scopes.ts";
import { REFUSAL_CODES } from "../jobs/error-codes.ts";
import { STATUS_OF } from "./problem-details.ts";
import { hasBody, pathArguments, type Route } from "./route.ts";
import { ROUTES } from "./routes/index.ts";
import { FaultView } from "./routes/job-views.ts";

/** The routes as OpenAPI 3.1, made of the table that they are served from. */

const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().describe("What programs look at."),
    detail: z.string(),
    faults: z.array(FaultView).optional().describe("Each fault of the arguments: where, what, and what to do."),
    retry_after_ms: z.int().optional(),
  })
  .meta({ id: "Problem", description: "An error, as RFC 9457 words it." });

const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: Problem } },
});

/** What the first part of a path is about. */
const TAGS: Readonly<Record<string, string>> = {
  jobs: "Durable background jobs.",
  blueprints: "Plans of steps that jobs run, by name.",
  triggers: "What starts jobs by itself.",
  events: "What happened, in order.",
  work: "Steps that workers claim and report on.",
  stats: "What jobs have in common.",
  metrics: "The same for what scrapes.",
  keys: "API keys that are good no more.",
  secrets: "What blueprints of the tenant may send.",
  audit: "What was done, by whom.",
};

const tagOf = ({ path }: Pick<Route, "path">): string => path.split("/")[1] ?? "";

/** What every route can answer. */
const ANY = {
  "401": problem("No API key, or none that is valid here."),
  "403": problem("The key has not the scope that this needs."),
  "422": problem("The arguments are not valid: `faults` says which and why."),
};

function refusals({ refusals: codes }: Route): ZodOpenApiOperationObject["responses"] {
  const byStatus = Map.groupBy(codes, (code) => STATUS_OF[code]);
  return Object.fromEntries(
    [...byStatus].map(([status, all]) => {
      const told = all.map((code) => `\`${code}\`: ${REFUSAL_CODES[code]}`).join("; ");
      return [`${status}`, problem(status === 422 ? `${ANY["422"].description} ${told}.` : `${told}.`)];
    }),
  );
}

const answers = ({ answers: all }: Route): ZodOpenApiOperationObject["responses"] =>
  Object.fromEntries(
    Object.entries(all).map(([status, { description, schema, mediaType }]) => [
      status,
      {
        description,
        ...(schema !== undefined && { content: { "application/json": { schema } } }),
        ...(mediaType !== undefined && { content: { [mediaType]: { schema: z.string() } } }),
      },
    ]),
  );

/** The schema with these fields only, or without them; undefined when nothing is left. */
function part(input: z.ZodObject, isTaken: (name: string) => boolean): z.ZodObject | undefined {
  const shape = Object.fromEntries(Object.entries(input.shape).filter(([name]) => isTaken(name)));
  return Object.keys(shape).length === 0 ? undefined : z.strictObject(shape);
}

const isRequired = (schema: z.ZodObject): boolean =>
  Object.values(schema.shape).some((field) => !field.safeParse(undefined).success);

function operation(route: Route): ZodOpenApiOperationObject {
  const { input, headers = {}, summary, scope, alsoNeeds = [], operation: operationId } = route;
  const inPath = pathArguments(route);
  const path = part(input, (name) => inPath.includes(name));
  const rest = part(input, (name) => !inPath.includes(name));
  const header = z.object(
    Object.fromEntries(Object.entries(headers).map(([name, field]) => [name, input.shape[field] ?? z.string()])),
  );
  return {
    operationId,
    summary,
    description: `Needs the scope ${[scope, ...alsoNeeds].map((name) => `\`${name}\``).join(" and ")}.`,
    tags: [tagOf(route)],
    requestParams: {
      ...(path && { path }),
      ...(rest && !hasBody(route) && { query: rest }),
      ...(Object.keys(headers).length > 0 && { header }),
    },
    ...(rest &&
      hasBody(route) && {
        requestBody: { required: isRequired(rest), content: { "application/json": { schema: rest } } },
      }),
    responses: { ...answers(route), ...ANY, ...refusals(route) },
  };
}

function paths(): ZodOpenApiPathsObject {
  const byPath = Map.groupBy(ROUTES, ({ path }) => path);
  return Object.fromEntries(
    [...byPath].map(([path, routes]) => [
      path,
      Object.fromEntries(routes.map((route) => [route.method.toLowerCase(), operation(route)])),
    ]),
  );
}

const make = (version: string) =>
  createDocument({
    openapi: "3.1.1",
    info: {
      title: "Edge Jobs",
      version,
      description: "Durable background jobs: what the MCP tools do, as REST. The same keys, scopes, fields and limits.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/api/v1" }],
    security: [{ key: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    components: {
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          description: `An API key or access token. Scopes: ${SCOPES.join(", ")}.`,
        },
      },
    },
    paths: paths(),
  });

let made: ReturnType<typeof make> | undefined;

/** Made once, at its first use. */
export function openApiDocument(version: string): ReturnType<typeof make> {
  made ??= make(version);
  return made;
}
