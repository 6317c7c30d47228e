import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { shells } from '../../src/definitions/completion.ts'

export type Shell = (typeof shells)[number]

/** Whether a shell is on this machine. */
export function isInstalled(shell: Shell): boolean {
  return spawnSync(shell, ['-c', 'true']).status === 0
}

/**
 * What a real shell makes of lines when it is asked to complete their ends: for each the words that it offers there,
 * sorted, without the part of the word that stands before `=`.
 *
 * @param folder an empty one, for the files that this needs.
 * @param more variables of its environment.
 */
export function complete(
  shell: Shell,
  script: string,
  lines: readonly string[],
  { folder, cwd, more = {} }: { folder: string; cwd: string; more?: Readonly<Record<string, string>> },
): string[][] {
  const at = (name: string) => join(folder, name)
  writeFileSync(at('script'), script)
  writeFileSync(at('lines'), lines.map((line) => `${line}\n`).join(''))
  writeFileSync(at('results'), '')
  const { files, command, stdin } = drivers[shell](at, lines)
  for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text)
  const env = { PATH: process.env.PATH, HOME: folder, TERM: 'dumb', LANG: 'C.UTF-8', ...more }
  const { stderr } = spawnSync(command[0]!, command.slice(1), { cwd, env, input: stdin, encoding: 'utf8', timeout: 200_000 })
  const results = readFileSync(at('results'), 'utf8').split('\n').slice(0, -1)
  if (results.length !== lines.length) throw new Error(`${shell} gave ${results.length} results for ${lines.length} lines: ${stderr}`)
  return results.map((result, index) => offered(lines[index]!, result))
}

type Driver = (
  at: (name: string) => string,
  lines: readonly string[],
) => { files: Record<string, string>; command: string[]; stdin?: string }

/** Each writes every line with what the shell puts in place of its last word: all that it would offer there. */
const drivers: Readonly<Record<Shell, Driver>> = {
  bash: (at, lines) => ({
    files: {
      rc: `PS1= HISTFILE=
source ${at('script')}
complete -F _cray_ims cray
note() { printf '%s\\n' "$READLINE_LINE" >> ${at('results')}; READLINE_LINE= READLINE_POINT=0; }
bind -x '"\\C-x\\C-n": note'
`,
    },
    command: ['bash', '--noprofile', '--rcfile', at('rc'), '-i'],
    // Escape and * insert all completions.
    stdin: `${lines.map((line) => `${line}\x1b*\x18\x0e`).join('')}exit\n`,
  }),
  zsh: (at) => ({
    files: {
      inner: `PS1= RPS1=
autoload -Uz compinit && compinit -D -u
source ${at('script')}
compdef _cray-ims cray
zle -C every complete-word _generic
zstyle ':completion:*' completer _all_matches _complete
zstyle ':completion:*' insert true
zle-line-init() {
  for line in "\${(@f)"$(< ${at('lines')})"}"; do
    BUFFER=$line CURSOR=$#line
    zle every
    print -r -- "$BUFFER" >> ${at('results')}
  done
  exit
}
zle -N zle-line-init
`,
      // The line editor wants a terminal.
      outer: `zmodload zsh/zpty
zpty terminal zsh -f -i
zpty -w terminal source ${at('inner')}
while zpty -r terminal seen; do :; done
`,
    },
    command: ['zsh', '-f', at('outer')],
  }),
  fish: (at) => ({
    files: {
      main: `source ${at('script')}
string replace -- '-c cray-ims' '-c cray' < ${at('script')} | source
while read -l line
    set -l words (complete -C "$line" | string replace -r '\\t.*' '' | string escape -n)
    set -q words[1]; and echo (string replace -r '\\S*$' '' -- "$line")(string join -- ' ' $words)' '; or echo $line
end < ${at('lines')} > ${at('results')}
`,
    },
    command: ['fish', '--no-config', at('main')],
  }),
}

function offered(line: string, result: string): string[] {
  if (result.trimEnd() === line.trimEnd() && (line.endsWith(' ') || result === line)) return []
  const start = line.lastIndexOf(' ') + 1
  const words = result.slice(start).match(/(?:\\.|\S)+/g) ?? []
  const before = /^--[\w-]+=/.exec(line.slice(start))?.[0] ?? ''
  const plain = words.map((word) => (word.startsWith(before) ? word.slice(before.length) : word).replaceAll('\\', ''))
  // Some shells write the = of an option that takes a value.
  return [...new Set(plain.map((word) => word.replace(/^(--[\w-]+)=$/, '$1')))].sort()
}
