import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readEntries } from '../../src/builds/images-file/entries.ts'
import { findCompletionWord } from '../../src/cli/completion-word.ts'
import { readGlobals } from '../../src/cli/globals.ts'
import { expandList } from '../../src/cli/host-list.ts'
import { readOptions } from '../../src/cli/options.ts'
import { parse } from '../../src/cli/parser.ts'
import { route } from '../../src/cli/route.ts'
import { parseDocument } from '../../src/config/document.ts'
import { ims, site } from '../../src/definitions/tree.ts'
import { CliError } from '../../src/errors.ts'
import { readExport } from '../../src/images/export-manifest.ts'
import { publicKeyTrouble } from '../../src/ims/public-key-text.ts'
import { readRecords } from '../../src/ims/read-record.ts'
import { readJson } from '../../src/json/read.ts'
import { failureLines } from '../../src/kubernetes/failure-lines.ts'
import { readEvent, readPod } from '../../src/kubernetes/pod-record.ts'
import { readChanges } from '../../src/recipes/edit-dictionary.ts'
import { readKiwiConfig } from '../../src/recipes/kiwi-config.ts'
import { fillIn, templateFiles, variablesOf } from '../../src/recipes/templates.ts'
import { compileQuery, runQuery } from '../../src/render/query.ts'
import { parsePublicKey } from '../../src/ssh/public-key.ts'
import { pod, running } from '../support/pods.ts'
import { randomInput } from '../support/random-input.ts'

// With another seed, and more of each, by `npm run test:random`.
const { CRAY_IMS_RANDOM_SEED: given = '3', CRAY_IMS_RANDOM_COUNT: counted = '200' } = process.env
const seed = given === 'fresh' ? Date.now() : Number(given)
const count = Number(counted)

const program = { name: 'cray-ims', about: '', version: '1', commands: [...ims.commands, ims, ...site], columns: () => 80 } as const
const image = {
  id: 'a',
  name: 'n',
  created: '2026-01-02T03:04:05',
  arch: 'x86_64',
  metadata: {},
  link: { path: 's3://a/b', etag: '', type: 's3' },
}
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKkPKk0hRyRB8dXcOuq2H3wRd0mBz7w6hrGkUbZtH0Sx jane@node'

function readLine(argv: readonly string[]): void {
  const reading = { cwd: '/nowhere', warn() {}, terminal: false, isTerminal: false }
  const parsed = parse(program, route(argv, program.commands))
  if ('help' in parsed) return
  readGlobals(parsed, {}, undefined, reading)
  readOptions(parsed, { env: {}, table: undefined, path: undefined }, reading)
}

/** What comes from outside, as it should look, and what reads it. */
const texts: readonly (readonly [string, string, (text: string) => unknown])[] = [
  [
    'a configuration',
    '[core]\nhostname = "https://x"\n[ims.jobs.create]\nenable_debug = true\ndate = 2026-01-02\nlist = [1, 2.5]\n',
    parseDocument,
  ],
  [
    'a file of images in YAML',
    'images:\n  - name: a\n    recipe: r\n    arch: x86_64\n  - {name: b, base: a, run: |\n    x}\n',
    (text) => readEntries('/nowhere/x.yaml', text),
  ],
  [
    'a file of images in TOML',
    '[[images]]\nname = "a"\nrecipe = "r"\n[[images]]\nname = "b"\nimport = {rootfs = "x"}\n',
    (text) => readEntries('/nowhere/x.toml', text),
  ],
  [
    'an expression',
    "[?arch == 'x86_64' && length(name) > `2`].{id: id, all: [name, link.path]} | sort_by(@, &id)[-1:]",
    (text) => runQuery(compileQuery(text), [new Map([['name', 'a']])]),
  ],
  ['a list of hosts', 'nid[0001-0003,7],x3000c0s[1-2]b0', expandList],
  [
    'an answer',
    JSON.stringify([image, { ...image, link: null }]),
    (text) => (['image', 'recipe', 'job', 'public key'] as const).map((kind) => readRecords(kind, readJson(text))),
  ],
  ['a pod', JSON.stringify(pod({ sshd: running })), (text) => [readPod(JSON.parse(text)), readEvent(JSON.parse(text))]],
  ['a public key', key, (text) => [parsePublicKey(text), publicKeyTrouble(text)]],
  [
    'what an export says',
    JSON.stringify({
      version: '1.0',
      name: 'n',
      arch: 'x86_64',
      metadata: {},
      artifacts: [{ type: 't', file: 'f', md5: 'a'.repeat(32), size: 1 }],
    }),
    (text) => readExport(text, '/nowhere/image.json'),
  ],
  [
    'a description of kiwi',
    '<?xml version="1.0"?><image name="n"><repository type="rpm-md"><source path="http://x/y"/></repository></image>',
    readKiwiConfig,
  ],
  [
    'a template',
    'x {{ A }} {{B}}\ntemplate_files:\n- config.xml\n',
    async (text) => [variablesOf(text), fillIn(text, new Map([['A', 'b']])), await templateFiles(text)],
  ],
  ['changes of a dictionary', 'A=b', (text) => readChanges(text.split('\n'))],
  [
    'a log',
    'INFO: x\n[ ERROR   ]: 12:34:56 | No provider of y\nTraceback (most recent call last):\n  File "x", line 1\nOSError: z',
    (text) => failureLines(text.split('\n')),
  ],
]

/** Errors that say what is wrong with the input; whatever else is thrown is a fault of the reader. */
const isAnswer = (error: unknown) => error instanceof CliError || error instanceof SyntaxError

async function outcome(input: unknown, read: () => unknown): Promise<unknown> {
  try {
    await read()
    return undefined
  } catch (error) {
    return isAnswer(error) ? undefined : { seed, input, error }
  }
}

// What a library says by itself goes to the terminal as it is.
const warned = vi.fn()
beforeEach(() => void process.on('warning', warned))
afterEach(async () => {
  await turn()
  process.off('warning', warned)
  expect(warned).not.toHaveBeenCalled()
})

test('command lines', async () => {
  const { line } = randomInput(seed)
  for (let at = 0; at < 2 * count; at++) {
    const argv = line()
    expect(await outcome(argv, () => readLine(argv))).toBeUndefined()
    expect(await outcome(argv, () => findCompletionWord(argv))).toBeUndefined()
  }
})

test.each(texts)('%s', async (_, sound, read) => {
  expect(await outcome(sound, () => read(sound))).toBeUndefined()
  const { spoiled } = randomInput(seed)
  for (let at = 0; at < count; at++) {
    const text = spoiled(sound)
    expect(await outcome(text, () => read(text))).toBeUndefined()
  }
})
