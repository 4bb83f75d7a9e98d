import type { Command } from "./command.ts";

/** Completion of commands, their verbs and options, as each shell wants it. */

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

const wordsOf = ({ options, verbs = [] }: Command): string[] => [
  ...verbs,
  ...Object.keys(options).map((name) => `--${name}`),
  "--json",
];

function bash(commands: readonly Command[]): string {
  const cases = commands.map((command) => `    ${command.name}) words="${wordsOf(command).join(" ")}" ;;`);
  const names = commands.map(({ name }) => name).join(" ");
  return `_edge_jobs() {
  local words="${names} help completion"
  [ "$COMP_CWORD" -gt 1 ] && case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    completion) words="${SHELLS.join(" ")}" ;;
    *) words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _edge_jobs edge-jobs`;
}

const zsh = (commands: readonly Command[]): string => `#compdef edge-jobs
autoload -U +X bashcompinit && bashcompinit
${bash(commands)}`;

const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;

function fish(commands: readonly Command[]): string {
  const lines = commands.flatMap(({ name, summary, options, verbs = [] }) => [
    `complete -c edge-jobs -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...verbs.map((verb) => `complete -c edge-jobs -n '__fish_seen_subcommand_from ${name}' -a ${verb}`),
    ...Object.entries(options).map(
      ([option, text]) =>
        `complete -c edge-jobs -n '__fish_seen_subcommand_from ${name}' -l ${option} -d ${quoted(text.summary)}`,
    ),
  ]);
  return [`complete -c edge-jobs -l json`, ...lines].join("\n");
}

const SCRIPTS = { bash, zsh, fish };

export const completionScript = (shell: Shell, commands: readonly Command[]): string => SCRIPTS[shell](commands);
