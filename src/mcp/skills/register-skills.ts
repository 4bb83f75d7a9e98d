import { type SkillSource, SkillsExtension, skillEntry } from "@modelcontextprotocol/server/ext/skills";
import { ok } from "../../lib/result.ts";
import type { McpDeps } from "../deps.ts";
import { APART_TOPICS, guideText, topicText } from "../guide/guide.ts";
import { observe } from "../protocol/observe.ts";
import { answerOrThrow, internal, type Registrar } from "../protocol/register.ts";

const NAME = "edge-jobs-blueprints";
const BASE = "skill://";
const MANIFEST = `${BASE}${NAME}/SKILL.md`;

const DESCRIPTION =
  "How to write a blueprint, the plan of a durable background job of this server, and how to run it with jobs_submit_blueprint. Use it before work that is to run later, again, for long, or without you: schedules, retries, polls, fan-out, approvals, webhooks.";

/** The guide, and what is too much for its page, by path in the folder of the skill. */
const filesOf = ({ handlers }: McpDeps): Record<string, string> => ({
  "SKILL.md": `---\nname: ${NAME}\ndescription: ${JSON.stringify(DESCRIPTION)}\n---\n\n${guideText(handlers)}`,
  ...Object.fromEntries(APART_TOPICS.map((topic) => [`references/${topic}.md`, topicText(topic, handlers) ?? ""])),
});

function sourceOf({ deps, era }: Registrar): SkillSource {
  const entry = async (method: string) => {
    const made = await observe(method, deps, era, async () => ok(await skillEntry(NAME, filesOf(deps))));
    return answerOrThrow(made, internal);
  };
  return {
    list: async () => ({ skills: [await entry("skills/list")] }),
    get: async (uri) => {
      const skill = await entry("skills/get");
      return uri === MANIFEST ? skill : undefined;
    },
    read: async (uri) => {
      const files = new Map(Object.entries(filesOf(deps)).map(([path, text]) => [`${BASE}${NAME}/${path}`, text]));
      const text = files.get(uri);
      return text === undefined ? undefined : { text, mimeType: "text/markdown" };
    },
  };
}

/** The Skills extension (SEP-2640), for clients that give their models skills and no resources. */
export function registerSkills(registrar: Registrar): void {
  const cacheHint = { ttlMs: 300_000, cacheScope: "public" } as const;
  new SkillsExtension({ source: sourceOf(registrar), baseUri: BASE, cacheHint, strict: true }).attach(registrar.server);
}
