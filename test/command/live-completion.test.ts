import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { complete as completeLine } from '../../src/cli/completion.ts'
import { completionScript } from '../../src/commands/completion.ts'
import { shells } from '../../src/definitions/completion.ts'
import type { Io } from '../../src/terminal/io.ts'
import { complete, isInstalled } from '../support/completing-shells.ts'
import { startMock, type RunningMock } from '../support/mock.ts'
import { program, run } from '../support/program.ts'

const id = (start: string) => `${start}1111111-0000-4000-8000-000000000000`
const names = ['ev $(touch pwned)', 'ev;touch pwned', "ev'q", 'ev"q', 'ev`touch pwned`', 'ev 日本', 'ev:a&b', 'ev\x1b[31m', 'ev\nx']
const harmless = names.slice(0, -2)

let folder: string
let mock: RunningMock
let more: Record<string, string>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cray-ims-live-'))
  mkdirSync(join(folder, 'bin'))
  mkdirSync(join(folder, 'here'))
  for (const name of ['cray-ims', 'cray']) symlinkSync(program, join(folder, 'bin', name))
  const images = [{ id: id('a'), name: 'compute', link: null }, ...names.map((name, at) => ({ id: id(String(at)), name, link: null }))]
  writeFileSync(join(folder, 'seed.json'), JSON.stringify({ images }))
  mock = await startMock(['--seed', join(folder, 'seed.json')])
  more = { CRAY_CONFIG_DIR: mock.configDir, PATH: `${join(folder, 'bin')}:${dirname(realpathSync(process.execPath))}:${process.env.PATH}` }
})

afterAll(async () => {
  await mock.stop()
  rmSync(folder, { recursive: true, force: true })
})

const ask = (...words: string[]) => run(['__complete', 'bash', '', 'cray-ims', ...words], { cwd: folder, env: { HOME: folder, ...more } })

/** The program reads what is kept, for a machine may be too slow to ask the service in the time that a person waits. */
async function keep(): Promise<void> {
  const io = {
    env: { HOME: folder, ...more },
    cwd: folder,
    stdout: { write: async () => {} },
    now: Date.now,
    monotonic: () => 0,
    sleep: () => new Promise(() => {}),
  } as unknown as Io
  await completeLine(io, ['bash', '', 'cray-ims', 'images', 'describe', ''], '1.0')
}

test('the program says only what it offers', async () => {
  await keep()
  expect(await ask('images', 'describe', 'a')).toMatchObject({
    exit: 0,
    stdout: expect.stringMatching(new RegExp(`^${id('a')}\tcompute, `)),
    stderr: '',
  })
  expect(await ask('images', 'describe', 'a', '--configuration', 'gone', '')).toEqual({ exit: 0, stdout: '', stderr: '' })
})

const cases: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ['cray-ims images describe a', [id('a')]],
  ['cray ims images delete a', [id('a')]],
  ['cray-ims images describe ev', harmless],
  ['cray-ims images list --name=comp', ['compute']],
]

describe.each(shells)('%s', (shell) => {
  const installed = isInstalled(shell)

  test.skipIf(!installed)(installed ? 'offers what the service has, as words that run nothing' : 'is not installed here', async () => {
    await keep()
    const lines = cases.map(([line]) => line)
    const found = complete(shell, completionScript(shell), lines, {
      folder: mkdtempSync(join(folder, shell)),
      cwd: join(folder, 'here'),
      more,
    })
    expect(found.map((words) => words.join('\n'))).toEqual(cases.map(([, words]) => [...words].sort().join('\n')))
    expect(existsSync(join(folder, 'here/pwned'))).toBe(false)
  })

  /** What completes cray in a shell that has loaded the script, where something else may do so already. */
  const completesCray = (path: string, before = '') => {
    const script = join(folder, `script.${shell}`)
    writeFileSync(script, completionScript(shell))
    const asked = {
      bash: { args: ['--noprofile', '--norc'], other: 'complete -W theirs cray', says: 'complete -p cray' },
      zsh: { args: ['-f'], other: 'compdef _theirs cray', says: 'print -r -- $_comps[cray]' },
      fish: { args: ['--no-config'], other: 'complete -c cray -a theirs', says: "complete -C 'cray '" },
    }[shell]
    // What compinit takes seconds for.
    const start = shell === 'zsh' ? 'typeset -A _comps; compdef() { _comps[$2]=$1; }' : ''
    const lines = [start, before && asked.other, `source ${script}`, asked.says].join('\n')
    const env = { HOME: folder, PATH: path, LANG: 'C.UTF-8' }
    return spawnSync(shell, [...asked.args, '-c', lines], { encoding: 'utf8', env, cwd: join(folder, 'here') }).stdout
  }
  const ours = { bash: /_cray_ims cray/, zsh: /^_cray-ims$/m, fish: /^ims\b/m }[shell]

  test.skipIf(!installed)(installed ? 'completes cray where that is a link to us and nobody else does' : 'has no cray here', () => {
    const empty = join(folder, `other-${shell}`)
    mkdirSync(empty)
    symlinkSync('/bin/true', join(empty, 'cray'))
    expect(completesCray(more.PATH!)).toMatch(ours)
    expect(completesCray(more.PATH!, 'first')).toContain('theirs')
    expect(completesCray(more.PATH!, 'first')).not.toMatch(ours)
    expect(completesCray(`${empty}:${more.PATH}`)).not.toMatch(ours)
  })
})
