import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { man } from '../../package.json'
import { manualPages } from '../../src/cli/manual-pages.ts'
import { item, roffText } from '../../src/cli/roff.ts'
import { run } from '../support/program.ts'

const folder = mkdtempSync(join(tmpdir(), 'manual-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const withoutMan = spawnSync('man', ['--version']).error !== undefined
if (withoutMan) console.warn('There is no man in PATH (Debian: man-db): the tests of the manual pages are skipped.')
// In CI it has to be there.
const skip = withoutMan && !process.env.CI

const env = { PATH: process.env.PATH!, HOME: folder, LC_ALL: 'C.UTF-8', MANWIDTH: '80' }

async function shown(name: string, text: string): Promise<{ stdout: string; stderr: string }> {
  const path = join(folder, name)
  writeFileSync(path, text)
  const { exit, stdout, stderr } = await run(['--warnings', '-l', path], { cwd: folder, env, command: ['man'] })
  expect(exit).toBe(0)
  return { stdout, stderr }
}

test('the package installs all of them', () => {
  expect([...man].sort()).toEqual(
    Object.keys(manualPages())
      .map((name) => `./docs/man/${name}`)
      .sort(),
  )
})

describe.skipIf(skip).concurrent('manual pages', () => {
  test.each(Object.entries(manualPages()))('man has nothing against %s', async (name, text) => {
    const { stdout, stderr } = await shown(name, text)
    expect(stderr).toBe('')
    expect(stdout).toContain(`${name.split('.')[0]!.toUpperCase()}(${name.at(-1)})`)
  })

  test('show what the table says', async () => {
    const { stdout } = await shown('cray-ims-jobs.1', manualPages()['cray-ims-jobs.1']!)
    expect(stdout).toMatch(/^ {7}cray-ims jobs debug \[OPTIONS\] \[JOB\] \[COMMAND\.\.\.\]$/m)
    expect(stdout).toMatch(/^ {7}--on-exit save\|discard\|later\|delete\n {14}When the shell ends:/m)
    expect(stdout).toMatch(/^ {11}cray-ims jobs debug ad51$/m)
  })

  test('show a text as it is, whatever it begins with', async () => {
    const odd = ".TH 'x' \\fB-- …"
    const { stdout, stderr } = await shown('odd.1', ['.TH ODD 1', '.SH NAME', roffText(odd), ...item("'a", '.b'), ''].join('\n'))
    expect(stderr).toBe('')
    expect(stdout).toContain(odd)
    expect(stdout).toMatch(/^ *'a +\.b$/m)
  })
})
