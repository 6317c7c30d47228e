import { existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { command, executable, program } from './program.ts'

const missing = !existsSync(executable)
if (missing) console.warn(`There is no ${executable} (npm run package makes it, and asks the registry once): its tests are skipped.`)
/** Whether its tests are skipped. In CI it has to be there. */
export const skip = missing && !process.env.CI

/** A PATH with all that is on ours, but no Node. */
export function pathWithoutNode(folder: string): string {
  const path = join(folder, 'without-node')
  mkdirSync(path)
  for (const from of (process.env.PATH ?? '').split(delimiter).filter((name) => existsSync(name))) {
    for (const name of readdirSync(from)) {
      if (!/^(node|nodejs|npm|npx|corepack)$/.test(name) && !existsSync(join(path, name))) link(join(from, name), join(path, name))
    }
  }
  return path
}

function link(from: string, to: string): void {
  try {
    symlinkSync(realpathSync(from), to)
  } catch {
    // It leads nowhere.
  }
}

/** The program in both its forms: its file, what runs it, and the PATH to run it with. */
export const forms = [
  { form: 'the program', file: program, command, skip: false, path: () => process.env.PATH! },
  { form: 'the single executable, without Node', file: executable, command: [executable], skip, path: pathWithoutNode },
]
