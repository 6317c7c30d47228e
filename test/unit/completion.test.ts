import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CommandContext } from '../../src/context.ts'
import { completionScript, run } from '../../src/commands/completion.ts'
import { bash } from '../../src/commands/completion/bash.ts'
import { commandsModel } from '../../src/commands/completion/commands-model.ts'
import { fish } from '../../src/commands/completion/fish.ts'
import { zsh } from '../../src/commands/completion/zsh.ts'
import { CliError } from '../../src/errors.ts'
import { shells } from '../../src/definitions/completion.ts'
import { formats } from '../../src/definitions/formats.ts'
import { globalOptions } from '../../src/definitions/global.ts'
import type { CommandDefinition, GroupDefinition, OptionDefinition } from '../../src/definitions/definition.ts'
import { ims, site } from '../../src/definitions/tree.ts'
import { complete, isInstalled } from '../support/completing-shells.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cray-ims-completion-'))
  mkdirSync(join(folder, 'here'))
  for (const name of ['key.pub', 'key-to-nothing', 'two words']) writeFileSync(join(folder, 'here', name), '')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A line whose end is completed, and the words to be offered, all of them unless it says otherwise. */
type Case = readonly [line: string, wanted: readonly string[] | object]
const among = (words: readonly string[]): object => expect.arrayContaining([...words])

const names = (rows: readonly { name: string; hidden?: true }[]) => rows.filter((row) => !row.hidden).map((row) => row.name)
const group = (name: string) => names(([...ims.commands, ...site].find((row) => row.name === name) as GroupDefinition).commands)
const starting = (words: readonly string[], start: string) => words.filter((word) => word.startsWith(start))
const sortedFormats = [...formats].sort()
const flags = globalOptions.map((option) => option.flag)

const cases: readonly Case[] = [
  ['cray-ims ', [...names(ims.commands), ...names(site)]],
  ['cray-ims pub', ['public-keys']],
  ['cray-ims vers', []],
  ['cray-ims version ', []],
  ['cray-ims im', ['images']],
  ['cray-ims ims ', names(ims.commands)],
  ['cray-ims ims jobs cr', ['create']],
  ['cray-ims ims init --ho', []],
  ['cray-ims ims ims ', []],
  ['cray-ims jobs ', group('jobs')],
  ['cray-ims jobs de', starting(group('jobs'), 'de')],
  ['cray-ims deleted images up', ['update']],
  ['cray-ims remote-build-nodes status ', ['describe', 'list']],
  ['cray-ims jobs frob ', []],
  ['cray-ims config ', group('config')],
  // Short forms.
  ['cray-ims logs x --fai', ['--failed']],
  ['cray-ims ims wait --fo', ['--for', '--format']],
  ['cray ims logs x --fai', ['--failed']],
  ['cray logs x --fai', []],
  // Global options, also before the words of the command.
  ['cray-ims --f', ['--format']],
  ['cray-ims jobs --f', ['--format']],
  ['cray-ims --', among([...flags, '--help', '--version'])],
  ['cray-ims config list --', [...flags, '--help']],
  ['cray-ims --format ', sortedFormats],
  ['cray-ims --format=', sortedFormats],
  ['cray-ims --format json jobs cr', ['create']],
  ['cray-ims --format=json ims jobs cr', ['create']],
  ['cray-ims --configuration jobs recipes cr', ['create']],
  ['cray-ims -v --quiet jobs cr', ['create']],
  ['cray-ims jobs --format json cr', ['create']],
  // A command's own options and their values, in both spellings.
  ['cray-ims jobs create --', among(['--artifact-id', '--job-type', '--format', '--help'])],
  ['cray-ims jobs create --ag', []],
  ['cray-ims jobs create --job-type ', ['create', 'customize']],
  ['cray-ims jobs create --job-type cu', ['customize']],
  ['cray-ims jobs create --job-type=', ['create', 'customize']],
  ['cray-ims jobs create --job-type=cu', ['customize']],
  ['cray-ims jobs create --enable-debug ', ['false', 'true']],
  ['cray-ims jobs create --artifact-id ', []],
  ['cray-ims jobs create --artifact-id=', []],
  ['cray-ims jobs create --artifact-id create --ini', ['--initrd-file-name']],
  ['cray-ims jobs create --artifact-id=a:b --kernel-file-name "a b" --job-type cu', ['customize']],
  ['cray-ims recipes create --link-path s3://ims/a=b --arch aa', ['aarch64']],
  ['cray-ims jobs wait x --for re', ['ready']],
  ['cray-ims jobs deleteall --status wait', ['waiting_for_repos', 'waiting_on_user']],
  ['cray-ims auth login --rsa', ['--rsa_token']],
  ['cray-ims init --no', ['--no-auth']],
  // Nothing that what is on the line excludes.
  ['cray-ims customize x --scr', ['--script']],
  ['cray-ims customize x --run y --scr', []],
  ['cray-ims jobs logs x --fai', ['--failed']],
  ['cray-ims jobs logs x -f --fai', []],
  // Files, only where one is wanted.
  ['cray-ims public-keys create --public-key k', ['key-to-nothing', 'key.pub']],
  ['cray-ims public-keys create --public-key=k', ['key-to-nothing', 'key.pub']],
  ['cray-ims public-keys create --public-key ./key.', ['./key.pub']],
  ['cray-ims jobs list --token t', ['two words']],
  ['cray-ims jobs describe ', []],
  ['cray-ims jobs describe k', []],
  ['cray-ims config set core k', []],
  ['cray-ims public-keys create --name k', []],
  // Arguments.
  ['cray-ims completion ', [...shells]],
  ['cray-ims completion z', ['zsh']],
  ['cray-ims --format json completion z', ['zsh']],
  ['cray-ims completion zsh b', []],
  // Another command line.
  ['cray-ims mock -- unam', ['uname']],
  ['cray-ims mock unam', ['uname']],
  ['cray-ims mock --tls --port 1 -- unam', ['uname']],
  ['cray-ims mock -- cat key.', ['key.pub']],
  ['cray-ims mock -- cray-ims jobs cr', ['create']],
  ['cray-ims mock -- cray-ims --format ', sortedFormats],
  ['cray-ims mock --see', ['--seed']],
  ['cray-ims mock --state key.', ['key.pub']],
  // A link called cray.
  ['cray ', ['ims', ...names(site)]],
  ['cray jobs ', []],
  ['cray ims jobs cr', ['create']],
  ['cray --format json ims jobs create --job-type=cu', ['customize']],
  ['cray config us', ['use']],
]

const row = (name: string, more: Partial<CommandDefinition> = {}): CommandDefinition => ({
  name,
  summary: `It's [one]: 100% "${name}" \\ $HOME`,
  examples: [],
  ...more,
})
const format: OptionDefinition = { flag: '--format', type: 'choice', choices: ['table', 'wide'], help: "Its own: [table] isn't `json`" }

/** Rows of kinds that the real table has none of, or may not have for ever. */
const invented: GroupDefinition = {
  name: 'ims',
  summary: '',
  commands: [
    row('own', {
      options: [
        format,
        { flag: '--secret', type: 'text', hidden: true, help: '' },
        { flag: '--identity', short: '-i', type: 'path', help: '' },
      ],
    }),
    row('bare', {
      options: [{ flag: '--query', type: 'flag', help: '' }],
      arguments: [{ name: 'COLOUR', help: '', choices: ['red', 'green'] }],
    }),
    row('open', {
      arguments: [
        { name: 'ID', help: '' },
        { name: 'FILES', help: '', many: true, complete: 'file' },
      ],
    }),
    row('gone', { hidden: true }),
  ],
}

const inventedCases: readonly Case[] = [
  ['cray-ims ', ['bare', 'open', 'own']],
  ['cray-ims own --format ', ['table', 'wide']],
  ['cray-ims own --format=w', ['wide']],
  ['cray-ims own --f', ['--format']],
  ['cray-ims bare --format ', sortedFormats],
  ['cray-ims own --se', []],
  ['cray-ims own -i key.', ['key.pub']],
  ['cray-ims own -i x --f', ['--format']],
  ['cray-ims bare --query g', ['green']],
  ['cray-ims bare --quer', ['--query']],
  ['cray-ims open x key.', ['key.pub']],
  ['cray-ims open x key.pub two', ['two words']],
]

const scripts = { bash, zsh, fish }

describe.each(shells)('%s', (shell) => {
  const installed = isInstalled(shell)
  const check = (script: string, table: readonly Case[]) => {
    const lines = table.map(([line]) => line)
    const offered = complete(shell, script, lines, { folder: mkdtempSync(join(folder, shell)), cwd: join(folder, 'here') })
    const wanted = table.map(([line, words]) => [line, Array.isArray(words) ? [...words].sort() : words])
    expect(Object.fromEntries(lines.map((line, index) => [line, offered[index]]))).toEqual(Object.fromEntries(wanted))
  }

  test.skipIf(!installed)(installed ? 'offers what can come next' : `is not installed here, so its completions are not tried`, () => {
    check(completionScript(shell), cases)
  })

  test.skipIf(!installed)(installed ? 'offers what another table says' : 'is not installed here, so another table is not tried', () => {
    check(scripts[shell](commandsModel(invented, [])), inventedCases)
  })
})

describe('cray-ims completion', () => {
  const print = async (shell: string) => {
    let printed = ''
    const stdout = { write: async (text: string) => void (printed += text) }
    await run({ io: { stdout }, program: 'cray-ims' } as unknown as CommandContext, {}, { shell })
    return printed
  }

  test.each(shells)('prints the script for %s', async (shell) => {
    expect(await print(shell)).toBe(completionScript(shell))
  })

  test.each([
    ['/usr/bin/zsh', 'zsh'],
    ['Bash', 'bash'],
    ['bahs', 'bash'],
    ['fissh', 'fish'],
    ['zssh', 'zsh'],
    ['ksh', 'zsh'],
    ['powershell', undefined],
    ['', undefined],
  ])('refuses %j and asks whether %s was meant', async (shell, meant) => {
    const failure = await print(shell).then(
      () => expect.fail('no failure'),
      (error: unknown) => error as CliError,
    )
    expect(failure).toBeInstanceOf(CliError)
    expect(failure).toMatchObject({ usage: true, exit: 2, next: ['completion', meant ?? 'bash'] })
    expect(failure.message).toBe(`Invalid value for 'SHELL': invalid choice: ${shell}. (choose from bash, zsh, fish)`)
    expect(failure.more).toEqual(meant ? [`  Did you mean ${meant}?`] : [])
  })
})
