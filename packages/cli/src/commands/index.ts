import type { Command } from "../command.ts";
import { ACCESS_COMMANDS } from "./access-commands.ts";
import { bulk } from "./bulk-command.ts";
import { channel } from "./channel-command.ts";
import { JOB_COMMANDS } from "./job-commands.ts";
import { stats } from "./stats-command.ts";
import { STREAM_COMMANDS } from "./stream-commands.ts";
import { SUBMIT_COMMANDS } from "./submit-commands.ts";
import { TENANT_COMMANDS } from "./tenant-commands.ts";

export const COMMANDS: readonly Command[] = [
  ...SUBMIT_COMMANDS,
  ...JOB_COMMANDS,
  bulk,
  ...STREAM_COMMANDS,
  ...TENANT_COMMANDS,
  stats,
  ...ACCESS_COMMANDS,
  channel,
];
