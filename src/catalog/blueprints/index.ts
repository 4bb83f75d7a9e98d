import type { CatalogEntry } from "../entry.ts";
import { approveAndRun } from "./approve-and-run.ts";
import { approveAndRun2 } from "./approve-and-run-2.ts";
import { csvImport } from "./csv-import.ts";
import { delayedWebhook } from "./delayed-webhook.ts";
import { githubLatestRelease } from "./github-latest-release.ts";
import { httpSaga } from "./http-saga.ts";
import { linkCheck } from "./link-check.ts";
import { notifyNtfy } from "./notify-ntfy.ts";
import { notifySlack } from "./notify-slack.ts";
import { notifyWebhook } from "./notify-webhook.ts";
import { pagedFetch } from "./paged-fetch.ts";
import { pollUntil } from "./poll-until.ts";
import { rssDigest } from "./rss-digest.ts";
import { urlAudit } from "./url-audit.ts";
import { wakeClaudeRoutine } from "./wake-claude-routine.ts";
import { wakeOpenclaw } from "./wake-openclaw.ts";
import { watchPage } from "./watch-page.ts";
import { webhookRelay } from "./webhook-relay.ts";

/** A new blueprint is one file and one line here. */
export const BLUEPRINTS: readonly CatalogEntry[] = [
  urlAudit,
  linkCheck,
  delayedWebhook,
  approveAndRun,
  approveAndRun2,
  csvImport,
  githubLatestRelease,
  httpSaga,
  pagedFetch,
  pollUntil,
  rssDigest,
  watchPage,
  webhookRelay,
  notifyWebhook,
  notifySlack,
  notifyNtfy,
  wakeClaudeRoutine,
  wakeOpenclaw,
];
