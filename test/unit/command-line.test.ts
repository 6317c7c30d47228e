import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandLine, nextLine } from '../../src/cli/command-line.ts'
import { parse } from '../../src/cli/parser.ts'
import { meantCommands } from '../../src/cli/meant-command.ts'
import { route } from '../../src/cli/route.ts'
import { ims, site } from '../../src/definitions/tree.ts'

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

const own = [...ims.commands, ims, ...site]
const meant = (line: string, root: Parameters<typeof route>[1] = own) => {
  const { path, argv } = route(line.split(' '), root)
  return meantCommands(root, path, argv.slice(path.length)).map((words) => words.join(' '))
}

test.each([
  ['images get x', ['images describe x']],
  ['images get', ['images list']],
  ['images rm x y', ['images delete x y']],
  ['images rm', ['images delete IMAGE_ID']],
  ['jobs ssh a -- ls', ['jobs debug a -- ls']],
  ['images undelet x', ['images undelete x']],
  ['get images', ['images list']],
  ['rm image x', ['images delete x']],
  ['recipe list', ['recipes list']],
  ['image get x', ['images describe x']],
  ['deleted image show x', ['deleted images describe x']],
  ['image quux x', ['images --help']],
  ['image -o json', ['images -o json']],
  ['login', ['auth login']],
  ['ims login', ['auth login']],
  ['ims recipe list', ['recipes list']],
  ['undelete x', ['public-keys undelete x', 'recipes undelete x', 'images undelete x']],
  ['jobs quux', []],
  ['quux', []],
])('what is meant by %s', (line, lines) => expect(meant(line)).toEqual(lines))

test.each([
  ['images list --forma json', '--forma  Did you mean --format?'],
  ['images list --form=json', '--form  Did you mean --format?'],
  ['images list --tokn x', '--tokn  Did you mean --token?'],
  ['images list --configuraton x', '--configuraton  Did you mean --configuration?'],
  ['images list --hel', '--hel  Did you mean --help?'],
  ['jobs create --kernel x', '--kernel  Did you mean --kernel-file-name, --kernel-parameters-file-name?'],
  ['jobs create --artefact-id x', '--artefact-id  Did you mean --artifact-id?'],
  ['images list --quux', '--quux'],
  ['images --tokn x list', '--tokn  Did you mean --token?'],
  ['--forma json images list', '--forma  Did you mean --format?'],
  [`auth login --passwrd=it's`, '--passwrd  Did you mean --password?'],
])('what option is meant in %s', (line, said) => {
  const program = { name: 'cray-ims', about: '', version: '', commands: own, columns: () => 80 } as const
  expect(() => parse(program, route(line.split(' '), own))).toThrow(
    expect.objectContaining({ message: `no such option: ${said}`, exit: 2 }),
  )
})

test('as `cray`, what its `ims` has', () => expect(meant('get images', [ims, ...site])).toEqual(['images list']))

test('… with the arguments that it lacks', () => expect(meant('rm images', [ims, ...site])).toEqual(['images delete IMAGE_ID']))

test.each([
  ['logs x -f', 'jobs logs x -f'],
  ['ims wait x', 'ims jobs wait x'],
  ['help jobs wait', 'jobs wait --help'],
  ['help', '--help'],
])('%s is short for %s', (line, full) => {
  expect(route(line.split(' '), own).argv).toEqual(full.split(' '))
})
