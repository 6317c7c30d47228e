import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/**
 * What the compiler says of the sources with some of them changed: lines such as `src/a.ts(1,2): error TS2345: …`.
 *
 * @param change the new text of a file of `src/`, by its path there.
 */
export async function compilerErrors(change: (path: string, text: string) => string, paths: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'compiled-'))
  try {
    for (const name of ['src', 'package.json', 'tsconfig.json']) cpSync(join(root, name), join(folder, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    for (const path of paths) {
      const file = join(folder, 'src', path)
      writeFileSync(file, change(path, readFileSync(file, 'utf8')))
    }
    const tsc = join(root, 'node_modules/typescript-7/bin/tsc')
    return await new Promise((done) => {
      execFile(process.execPath, [tsc, '--noEmit', '--pretty', 'false'], { cwd: folder, maxBuffer: 2 ** 26 }, (_, stdout) => done(stdout))
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
