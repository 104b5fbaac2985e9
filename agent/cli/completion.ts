/**
 * Shell completions, made from the command specs. The scripts are whole: they never call meshpay,
 * so that pressing Tab costs nothing. Commands, options, files, folders and fixed words are
 * completed.
 */
import { COMMON_OPTIONS, type CommandSpec, type OptionSpec } from './command.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The script for a shell, to be sourced or put where the shell looks for completions. */
export function renderCompletion(shell: Shell, commands: readonly CommandSpec[]): string {
  if (shell === 'bash') return bash(commands);
  return shell === 'zsh' ? zsh(commands) : fish(commands);
}

function groupsOf(commands: readonly CommandSpec[]): ReadonlyMap<string, readonly CommandSpec[]> {
  const groups = new Map<string, CommandSpec[]>();
  for (const command of commands) {
    const [first = ''] = command.path;
    groups.set(first, [...(groups.get(first) ?? []), command]);
  }
  return groups;
}

function isGroup(members: readonly CommandSpec[]): boolean {
  return members.some(({ path }) => path.length > 1);
}

function optionsOf({ options }: CommandSpec): readonly OptionSpec[] {
  return [...options, ...COMMON_OPTIONS];
}

function completesOf(spec: CommandSpec): 'file' | 'folder' | undefined {
  return spec.positionals.find(({ completes }) => completes !== undefined)?.completes;
}

function bash(commands: readonly CommandSpec[]): string {
  const groups = groupsOf(commands);
  const seconds = [...groups]
    .filter(([, members]) => isGroup(members))
    .map(([name, members]) => {
      return `      ${name}) words="${members.map(({ path }) => path[1]).join(' ')}" ;;`;
    });
  const cases = commands.map((spec) => {
    const options = optionsOf(spec).map(({ name }) => `--${name}`);
    const choices = spec.positionals.flatMap(({ choices = [] }) => choices);
    const paths = completesOf(spec);
    const flag = paths === undefined ? '' : `; paths=${paths === 'file' ? '-f' : '-d'}`;
    return `    "${spec.path.join(' ')}") words="${[...choices, ...options].join(' ')}"${flag} ;;`;
  });
  const valued = commands.flatMap(optionsOf).filter(({ kind }) => kind !== 'flag');
  const named = (completes: 'file' | 'folder' | undefined): string => {
    const names = valued.filter((option) => option.completes === completes);
    return [...new Set(names.map(({ name }) => `--${name}`))].sort().join('|') || '--';
  };
  return `# bash completion of meshpay; source it, or put it into a bash-completion folder as "meshpay"
_meshpay() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words="" paths=""
  local command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  case "$before" in
    ${named('file')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
    ${named('folder')}) COMPREPLY=($(compgen -d -- "$word")); return ;;
    ${named(undefined)}) return ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${[...groups.keys()].join(' ')}" -- "$word"))
    return
  fi
  if [ "$COMP_CWORD" -eq 2 ]; then
    case "$command" in
${seconds.join('\n')}
    esac
    if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$word")); return; fi
  fi
  case "$command" in
    ${[...groups]
      .filter(([, members]) => isGroup(members))
      .map(([name]) => name)
      .join('|')}) command="$command \${COMP_WORDS[2]}" ;;
  esac
  case "$command" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [ -n "$paths" ]; then COMPREPLY+=($(compgen $paths -- "$word")); fi
}
complete -o filenames -F _meshpay meshpay
`;
}

function zsh(commands: readonly CommandSpec[]): string {
  const groups = groupsOf(commands);
  const firsts = [...groups].map(([name, members]) => {
    const [only] = members;
    const about = isGroup(members) ? `${members.length} commands` : (only?.summary ?? '');
    return `    ${quoted(`${name}:${about.replaceAll(':', '\\:')}`)}`;
  });
  const cases = [...groups].map(([name, members]) => {
    if (!isGroup(members)) return members.map((spec) => zshCase(name, spec, 4)).join('\n');
    const seconds = members.map(({ path, summary }) => {
      return quoted(`${path[1]}:${summary.replaceAll(':', '\\:')}`);
    });
    return `    ${name})
      if (( CURRENT == 3 )); then
        local -a seconds=(${seconds.join(' ')})
        _describe command seconds
      else
        local second=$words[3]
        words=(meshpay "\${(@)words[4,-1]}"); (( CURRENT -= 2 ))
        case "$second" in
${members.map((spec) => zshCase(spec.path[1] ?? '', spec, 10)).join('\n')}
        esac
      fi ;;`;
  });
  return `#compdef meshpay
# zsh completion of meshpay; put it into a folder of $fpath as "_meshpay", or source it
_meshpay() {
  local -a firsts=(
${firsts.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command firsts
    return
  fi
  case "$words[2]" in
${cases.join('\n')}
  esac
}
if [ "$funcstack[1]" = _meshpay ]; then _meshpay "$@"; else compdef _meshpay meshpay; fi
`;
}

function zshCase(word: string, spec: CommandSpec, indent: number): string {
  const action = (completes: 'file' | 'folder' | undefined): string =>
    completes === undefined ? '' : completes === 'file' ? '_files' : '_files -/';
  const options = optionsOf(spec).map((option) => {
    const about = option.summary.replace(/[[\]:]/g, '\\$&');
    const often = option.kind === 'list' ? '*' : '';
    const value =
      option.kind === 'flag' ? '' : `:${option.value ?? 'VALUE'}:${action(option.completes)}`;
    return quoted(`${often}--${option.name}[${about}]${value.replace('HOST:PORT', 'HOST\\:PORT')}`);
  });
  const words = spec.positionals.map(({ name, choices, completes, rest }) => {
    const what = choices === undefined ? action(completes) : `(${choices.join(' ')})`;
    return quoted(`${rest === true ? '*' : ''}:${name}:${what}`);
  });
  const space = ' '.repeat(indent);
  const shift =
    spec.path.length === 1
      ? `${space}  words=(meshpay "\${(@)words[3,-1]}"); (( CURRENT -= 1 ))\n`
      : '';
  return `${space}${word})\n${shift}${space}  _arguments ${[...options, ...words].join(' ')} ;;`;
}

function fish(commands: readonly CommandSpec[]): string {
  const groups = groupsOf(commands);
  const lines = ['# fish completion of meshpay', 'complete -c meshpay -f'];
  for (const [name, members] of groups) {
    const first = '__fish_use_subcommand';
    const about = isGroup(members) ? `${members.length} commands` : (members[0]?.summary ?? '');
    lines.push(`complete -c meshpay -n ${first} -a ${name} -d ${fishQuoted(about)}`);
    for (const spec of members) {
      const [, second] = spec.path;
      const under = `__fish_seen_subcommand_from ${name}`;
      const seen =
        second === undefined ? under : `${under}; and __fish_seen_subcommand_from ${second}`;
      if (second !== undefined) {
        const siblings = members.map(({ path }) => path[1]).join(' ');
        const open = `${under}; and not __fish_seen_subcommand_from ${siblings}`;
        lines.push(`complete -c meshpay -n '${open}' -a ${second} -d ${fishQuoted(spec.summary)}`);
      }
      for (const option of optionsOf(spec)) {
        const value =
          option.kind === 'flag' ? '' : option.completes === undefined ? ' -x' : ' -r -F';
        const about = fishQuoted(option.summary);
        lines.push(`complete -c meshpay -n '${seen}' -l ${option.name}${value} -d ${about}`);
      }
      for (const { choices } of spec.positionals) {
        if (choices !== undefined)
          lines.push(`complete -c meshpay -n '${seen}' -a '${choices.join(' ')}'`);
      }
      if (completesOf(spec) !== undefined) lines.push(`complete -c meshpay -n '${seen}' -F`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
