import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandLine, nextLine } from '../../src/cli/command-line.ts'

test.each([
  ['cray-ims', ['jobs', 'list'], 'cray-ims jobs list'],
  ['cray', ['jobs', 'list'], 'cray ims jobs list'],
  ['cray', ['auth', 'login'], 'cray auth login'],
  ['cray', ['config', 'set', 'core', 'hostname=https://HOST'], 'cray config set core hostname=https://HOST'],
  ['cray-ims', ['images', 'list', '--query', '[].name'], "cray-ims images list --query '[].name'"],
  ['cray-ims', ['customize', 'a b', '--run', "it's\n"], `cray-ims customize 'a b' --run $'it\\'s\\n'`],
] as const)('%s %j', (program, words, line) => expect(commandLine(program, words)).toBe(line))

test('a line that is none of ours stays as it is', () => expect(nextLine('cray', 'ssh-add FILE')).toBe('ssh-add FILE'))

test('only one place puts the name of the program before a command', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !/^(definitions|commands\/completion)\//.test(name),
  )
  const hints = files.flatMap((name) =>
    readFileSync(join('src', name), 'utf8')
      .split('\n')
      .filter((line) => /([Nn]ext: )['"`](cray-ims |cray )/.test(line))
      .map((line) => `${name}: ${line.trim()}`),
  )
  expect(hints).toEqual([])
})
