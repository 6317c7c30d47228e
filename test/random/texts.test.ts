import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readEntries } from '../../src/builds/images-file/entries.ts'
import { expandList } from '../../src/cli/host-list.ts'
import { parseDocument } from '../../src/config/document.ts'
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
import { acceptable } from '../support/acceptable.ts'
import { testRandomly } from '../support/random-test.ts'

const image = {
  id: 'a',
  name: 'n',
  created: '2026-01-02T03:04:05',
  arch: 'x86_64',
  metadata: {},
  link: { path: 's3://a/b', etag: '', type: 's3' },
}
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKkPKk0hRyRB8dXcOuq2H3wRd0mBz7w6hrGkUbZtH0Sx jane@node'

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

// What a library says by itself goes to the terminal as it is.
const warned = vi.fn()
beforeEach(() => void process.on('warning', warned))
afterEach(async () => {
  await turn()
  process.off('warning', warned)
  expect(warned).not.toHaveBeenCalled()
})

for (const [name, sound, read] of texts) {
  test(`${name}, as it should be`, () => acceptable(sound, () => read(sound)))
  testRandomly(name, { all: 20_000, nth: 100 }, ({ spoiled }) => {
    const text = spoiled(sound)
    return acceptable(text, () => read(text))
  })
}
