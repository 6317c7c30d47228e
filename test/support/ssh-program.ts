import { exitCode } from '../../src/ssh/channel.ts'
import { runCommand } from '../../src/ssh/command.ts'
import { givesTerminal, runInTerminal } from '../../src/ssh/shell.ts'
import { processIo } from '../../src/terminal/process-io.ts'
import { logIn } from './ssh-login.ts'

// A process of its own for what only a process has: a terminal, signals, an exit. Bundled by the tests.
async function main(): Promise<void> {
  const { port, user, file, publicKey, command, tty = false, crash = false } = JSON.parse(process.argv[2]!)
  const io = processIo(process)
  const session = await logIn({ port, user }, { file, publicKey, keepalive: 1000 })
  if (crash) {
    setTimeout(() => {
      throw new Error('a defect')
    }, 500)
  }
  const ending = givesTerminal(io, command, tty)
    ? await runInTerminal(session, command, io, io.interrupted)
    : await runCommand(session, command, io, io.interrupted)
  await session.close()
  await io.stderr.write(`${JSON.stringify(ending)}\n`)
  process.exitCode = exitCode(ending)
}

main().catch((failure: Error & { exit?: number }) => {
  process.stderr.write(`${failure.message}\n`)
  process.exit(failure.exit ?? 99)
})
