import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { exitCodes } from '../../src/definitions/exit-codes.ts'
import { globalOptions } from '../../src/definitions/global.ts'
import { program, run } from '../support/program.ts'

const folder = mkdtempSync(join(tmpdir(), 'help-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const env = { PATH: process.env.PATH!, HOME: folder }
const help = async (...words: string[]) => (await run([...words, '--help'], { cwd: folder, env })).stdout

const leaves = [['images', 'list'], ['jobs', 'create'], ['jobs', 'debug'], ['build'], ['mock'], ['recipes', 'upload']]

describe.concurrent('help', () => {
  test.each(leaves)('fits 80 columns: %s %s', async (...words) => {
    const text = await help(...words.filter(Boolean))
    const examples = text.indexOf('\nExamples:\n')
    expect(examples).toBeGreaterThan(0)
    expect(
      text
        .slice(0, examples)
        .split('\n')
        .filter((line) => line.length > 80),
    ).toEqual([])
  })

  test("a command's own options come first, the global ones are only named", async () => {
    const text = await help('images', 'list')
    expect(text).toMatch(/\nOptions:\n {2}--name PATTERN .*\n[^]*\nGlobal options:\n[^]*: see cray-ims --help\n\nExamples:\n/)
    const [, named] = /\nGlobal options:\n([^]*?)\n\n/.exec(text)!
    for (const { flag } of globalOptions) expect(named).toContain(flag)
    expect(text).not.toContain('JMESPath')
  })

  test('what is longer than its column has a line of its own', async () => {
    expect(await help('jobs', 'create')).toContain(
      '\n  --image-root-archive-name TEXT\n                              Name of the resulting image (required)\n',
    )
  })

  test("the program's has the global options, the first examples and the exit codes, as the README has them", async () => {
    const text = await help()
    for (const { flag } of globalOptions) expect(text).toMatch(new RegExp(`\n {2}(-\\w, )?${flag} `))
    expect(text).toContain('\n  cray-ims jobs debug ad51\n')
    const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8')
    for (const { code } of exitCodes) {
      expect(text).toMatch(new RegExp(`\n {2}${code} {2,}[A-Z-]`))
      expect(readme).toContain(`\n| ${code} | `)
    }
  })

  test('shows without loading what only requests, files and other programs need', async () => {
    const preload = join(folder, 'modules.cjs')
    writeFileSync(preload, "process.on('exit', () => require('fs').writeSync(2, process.moduleLoadList.join('\\n')))")
    const { stderr } = await run(['--require', preload, program, '--help'], { cwd: folder, env, command: [process.execPath] })
    const loaded = stderr.split('\n').map((line) => line.replace('NativeModule ', ''))
    expect(loaded).toContain('path')
    const heavy = ['child_process', 'crypto', 'dns', 'http', 'https', 'readline', 'sea', 'timers/promises', 'tls', 'zlib']
    expect(heavy.filter((name) => loaded.includes(name))).toEqual([])
  })

  test('headings are bold in a terminal, and plain where NO_COLOR is set', async () => {
    const shown = (more: Record<string, string>) =>
      run(['-qec', `${process.execPath} ${program} images list --help`, '/dev/null'], {
        cwd: folder,
        env: { ...env, TERM: 'xterm', ...more },
        command: ['script'],
      })
    const heading = (text: string) => `${text}\r\n`
    expect((await shown({})).stdout).toContain(heading('\x1b[1mOptions:\x1b[22m'))
    expect((await shown({ NO_COLOR: '1' })).stdout).toContain(`\n${heading('Options:')}`)
  })
})
