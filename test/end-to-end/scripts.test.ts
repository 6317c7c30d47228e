import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forms } from '../support/executable.ts'
import { startMock } from '../support/mock.ts'
import { run } from '../support/program.ts'
import { matches, parseScript, type Step } from './script.ts'

const scripts = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'))

for (const { form, file, command, skip, path } of forms)
  describe.skipIf(skip).concurrent(`plain-text scripts, and ${form}`, () => {
    let programs: string
    let others: string
    beforeAll(() => {
      programs = mkdtempSync(join(tmpdir(), 'end-to-end-programs-'))
      others = path(programs)
    })
    afterAll(() => rmSync(programs, { recursive: true, force: true }))

    for (const name of scripts) {
      const script = parseScript(readFileSync(join(import.meta.dirname, name), 'utf8'))
      test(`${name}: ${script.about}`, { timeout: 180_000 }, async () => {
        const folder = mkdtempSync(join(tmpdir(), 'end-to-end-'))
        const mock = await startMock(script.mock, {}, command)
        try {
          const bin = layOut(folder, file, script.files)
          const env: Record<string, string> = {
            PATH: `${bin}:${others}`,
            HOME: folder,
            LANG: 'C.UTF-8',
            CRAY_CONFIG_DIR: mock.configDir,
            MOCK: mock.url,
            KUBECONFIG: mock.kubeconfig,
            NODE: process.execPath,
            REPOSITORY: join(import.meta.dirname, '../..'),
          }
          for (const step of script.steps) {
            const outcome = await run(['-c', step.command], { cwd: folder, env, command: ['bash'] })
            expect(judge(step, outcome), `${name}:${step.line}: ${step.command}\n${outcome.stdout}${outcome.stderr}`).toEqual([])
            if (step.keep) env[step.keep] = outcome.stdout.trim()
          }
        } finally {
          await mock.stop()
          rmSync(folder, { recursive: true, force: true })
        }
      })

      function judge(step: Step, outcome: { exit: number | string; stdout: string; stderr: string }): string[] {
        const problems = outcome.exit === step.exit ? [] : [`exit ${outcome.exit}, not ${step.exit}`]
        if (step.stdout && !matches(outcome.stdout, step.stdout)) problems.push(`stdout is not:\n${step.stdout.join('\n')}`)
        let at = 0
        for (const text of step.stderr) {
          const found = outcome.stderr.indexOf(text, at)
          if (found < 0) problems.push(`stderr lacks ${text}`)
          else at = found
        }
        return problems
      }
    }
  })

/** Files of the script, and a folder with the program under both its names. */
function layOut(folder: string, program: string, files: Record<string, string>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content, { mode: path.startsWith('bin/') ? 0o755 : 0o600 })
  }
  const bin = join(folder, 'our-bin')
  mkdirSync(bin)
  for (const name of ['cray-ims', 'cray']) symlinkSync(program, join(bin, name))
  return bin
}
